"""Declarations of fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Shape, ShapeError, Weight, flag, format_shape, integer, number, size


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


@dataclass(frozen=True)
class DropConnect(Dense):
    """A dense layer that, in training, takes a random share of its weights and biases as zero, anew for each sample.

    What is kept is scaled by 1/(1 − rate), so that the mean stays. At inference all weights are used: the mean network,
    where the paper (§3.2) averages over outputs drawn from a normal distribution.
    """

    rate: float = number(
        0.5, label="Rate", help="Share of weights and biases taken as zero in training.", minimum=0.0, maximum=0.99
    )

    about = About(
        category="dense",
        summary="A dense layer that drops weights in training.",
        help="Dropout takes away units, this takes away single connections, others for each sample. "
        "In training it costs a random number for each sample and weight; nothing of it is stored.",
        source="Wan et al. 2013, Regularization of Neural Networks using DropConnect, §3",
    )
    differs_in_training = True

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((7,),)),
            Example(cls(33, bias=False, rate=0.2), ((19,),)),
            Example(cls(9, rate=0.0), ((5,),)),
        )
