"""Declarations of normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Saved, Shape, Weight, flag, integer, number, size
from ...spec.windows import image_shape


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Each channel to mean 0 and variance 1 over the batch, then scaled and shifted by learned numbers."""

    momentum: float = number(
        0.1,
        label="Momentum",
        help="Weight of the newest batch in the running mean and variance.",
        minimum=0.0,
        maximum=1.0,
    )
    epsilon: float = number(
        1e-5,
        label="Epsilon",
        help="Added to the variance before the square root.",
        minimum=0.0,
        maximum=1.0,
        open_ends=True,
    )

    about = About(
        category="normalisation",
        summary="Each channel to mean 0, variance 1.",
        help="Training uses the batch's own statistics and tracks their running averages; inference uses the averages.",
        source="Ioffe & Szegedy 2015, Algorithms 1 and 2",
    )
    backward_needs = frozenset({"input"})
    differs_in_training = True

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        shape = (inputs[0][-1],)
        return (
            Weight("weight", shape, "ones", decay=False),
            Weight("bias", shape, "zeros", decay=False),
            Weight("running_mean", shape, "zeros", trainable=False, decay=False),
            Weight("running_var", shape, "ones", trainable=False, decay=False),
        )

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=2 * size(output))

    def saved(self, inputs: Sequence[Shape], output: Shape) -> tuple[Saved, ...]:
        shape = (inputs[0][-1],)
        return (Saved("mean", shape, per_sample=False), Saved("inverse_std", shape, per_sample=False))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 5, 7),)),
            Example(cls(momentum=0.3, epsilon=1e-3), ((11,),)),
            Example(cls(), ((4, 4, 33),)),
        )


@dataclass(frozen=True)
class LocalResponseNorm(Layer):
    """Each value divided by a power of its neighbours' squares: x / (k + alpha · Σ x²)^beta over `size` channels.

    The sum runs over the channels beside it at the same position, as many on both sides, those that there are. Alpha
    multiplies the sum as in the paper, unless `average` divides it by the size first.
    """

    size: int = integer(5, label="Size", help="Channels whose squares are summed, itself in the middle: an odd number.")
    alpha: float = number(1e-4, label="Alpha", help="Weight of the sum of squares.", minimum=0.0, maximum=1e6)
    beta: float = number(
        0.75, label="Beta", help="The power; 0 changes nothing, 1 divides by the sum.", minimum=0.0, maximum=100.0
    )
    k: float = number(
        2.0,
        label="Constant",
        help="Added to the weighted sum (k in the paper): small values are then divided by nearly the same.",
        minimum=0.0,
        maximum=1e6,
        open_ends=True,
    )
    average: bool = flag(
        False,
        label="Average",
        help="Divide alpha by the size, as PyTorch, Caffe and ONNX do; the paper and TensorFlow do not.",
    )

    about = About(
        category="normalisation",
        summary="Strong channels quieten their neighbours.",
        help="The normalisation of AlexNet and GoogLeNet, after lateral inhibition between neurons. "
        "Later networks found it of little use and dropped it.",
        source="Krizhevsky et al. 2012, §3.3",
    )
    backward_needs = frozenset({"input"})

    @property
    def factor(self) -> float:
        """What the sum of squares is multiplied by."""
        return self.alpha / self.size if self.average else self.alpha

    def parameter_problems(self) -> list[str]:
        if self.size % 2:
            return []
        return [f"size {self.size} has no middle: use an odd number such as {self.size + 1}"]

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return image_shape("LocalResponseNorm", inputs)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=(self.size + 3) * size(output))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 5, 7),)),
            Example(cls(3, alpha=0.5, beta=0.6, k=1.5), ((2, 3, 37),)),
            Example(cls(9, alpha=2.0, beta=1.3, k=0.7, average=True), ((4, 3, 3),)),
        )
