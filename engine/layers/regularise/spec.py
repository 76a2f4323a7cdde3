"""Declarations of layers that act otherwise in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Example, Layer, choice, number


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a random share of its inputs to zero while training; scaling keeps the mean the same at inference.

    Scaling in training multiplies what is kept by 1/(1 − rate) and leaves inference alone ("inverted" dropout); scaling
    at inference multiplies everything by 1 − rate there, as it was published.
    """

    rate: float = number(0.5, label="Rate", help="Share of values set to zero in training.", minimum=0.0, maximum=0.99)
    scaling: str = choice(
        "training",
        ("training", "inference"),
        label="Scaling",
        help="When to scale: in training, by 1/(1 − rate), or at inference, by 1 − rate.",
    )

    about = About(
        category="regularisation",
        summary="Zeroes a random share of values in training.",
        help="Units cannot rely on each other, which reduces overfitting. At inference all take part, "
        "with outputs of the same mean as in training.",
        source="Srivastava et al. 2014; Krizhevsky et al. 2012, §4.2",
    )
    differs_in_training = True

    def renames(self, training: bool) -> bool:
        return self.rate == 0 or (not training and self.scaling == "training")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 5, 7),)),
            Example(cls(0.2), ((41,),)),
            Example(cls(0.0), ((5,),)),
            Example(cls(0.3, "inference"), ((3, 5, 7),)),
        )
