"""Declaration of the fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Shape, ShapeError, Weight, flag, format_shape, integer, size


@dataclass(frozen=True)
class Dense(Layer):
    """Every output sees every input: y = x·W + b."""

    units: int = integer(10, label="Units", help="Number of outputs; for the last layer, the number of classes.")
    bias: bool = flag(True, label="Bias", help="Add a learned constant to each output.")

    about = About(
        category="dense",
        summary="Every output sees every input.",
        help="One weight for each pair of input and output. Most parameters of the older networks are here.",
        source="Rosenblatt 1958",
    )
    backward_needs = frozenset({"input"})

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(
                f"needs a vector and got an image of {format_shape(inputs[0])}",
                "put Flatten or GlobalAvgPool before it",
            )
        return (self.units,)

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        features = size(inputs[0])
        matrix = Weight("weight", (features, self.units), "he", fan_in=features, fan_out=self.units)
        return (matrix, Weight("bias", (self.units,), "zeros", decay=False)) if self.bias else (matrix,)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(macs=size(inputs[0]) * self.units, bias_adds=self.units if self.bias else 0)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((7,),)),
            Example(cls(33, bias=False), ((19,),)),
            Example(cls(1), ((1,),)),
            Example(cls(64), ((130,),)),
        )
