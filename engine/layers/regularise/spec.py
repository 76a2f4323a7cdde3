"""Declarations of layers that act only in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Example, Layer, number


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a random share of its inputs to zero while training and scales the rest up, so that the mean stays."""

    rate: float = number(0.5, label="Rate", help="Share of values set to zero in training.", minimum=0.0, maximum=0.99)

    about = About(
        category="regularisation",
        summary="Zeroes a random share of values in training.",
        help="Units cannot rely on each other, which reduces overfitting. Does nothing at inference: "
        "the values kept were scaled by 1/(1−rate).",
        source="Srivastava et al. 2014",
    )
    differs_in_training = True

    def renames(self, training: bool) -> bool:
        return not training or self.rate == 0

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 5, 7),)), Example(cls(0.2), ((41,),)), Example(cls(0.0), ((5,),)))
