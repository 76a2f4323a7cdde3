"""Declarations of normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Saved, Shape, Weight, number, size


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
