"""What a step of training found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class DivergedError(ArithmeticError):
    """Loss or weights stopped being finite numbers; the text says which.

    `place` is where in the flat gradients the last one is that was not finite, −1 if all were finite, and None if the
    gradients are still there to be looked at.
    """

    def __init__(self, text: str, place: int | None = None) -> None:
        super().__init__(text)
        self.place = place


class Outcome(Protocol):
    """A step that was begun."""

    def read(self) -> tuple[float, int]:
        """Mean loss before the step and how many were right, once they are known.

        DivergedError, with the weights as they were, if the loss was not finite; also if the step itself left weights
        that are not. Steps begun after such a one change no weights.
        """


@dataclass(frozen=True)
class Known:
    """The outcome of a step that is done."""

    mean: float
    correct: int
    bad: int = 0
    place: int | None = None

    def read(self) -> tuple[float, int]:
        if not math.isfinite(self.mean):
            raise DivergedError("the loss is not a number any more")
        if self.bad:
            raise DivergedError(f"{self.bad:,} weights are not numbers any more", self.place)
        return self.mean, self.correct
