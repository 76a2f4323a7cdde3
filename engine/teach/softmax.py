"""Softmax step by step: exponentials, their sum, quotients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..spec import ConvscopeError
from .labels import factor, number
from .limits import Floats, finite

EXAMPLE = (2, 4, 2, 1)
"""Scores whose probabilities are .1025 .7573 .1025 .0377."""
LARGEST_SCORE = 100
"""Beyond ± this, exponentials are no numbers to look at."""


@dataclass(frozen=True, eq=False)
class Softmax:
    """Probabilities of `scores` (n,), with every step on the way and two simpler rules to compare with."""

    scores: Floats
    exponentials: Floats
    """e^score (n,)."""
    total: float
    """Sum of the exponentials."""
    probabilities: Floats
    """exponentials / total (n,)."""
    largest: Floats
    """1 at the largest score, the first of equal ones, and 0 elsewhere (n,): argmax, which has no useful gradient."""
    shares: Floats | None
    """scores / their sum (n,), closer to each other than the probabilities; None where a score is not positive."""

    @property
    def steps(self) -> tuple[str, str, str]:
        """The three steps as texts."""
        powers = [f"e^{factor(score)}" for score in self.scores]
        values = [number(value) for value in self.exponentials]
        quotients = [f"{value}/{number(self.total)} = {p:.4f}" for value, p in zip(values, self.probabilities)]
        return (
            ", ".join(f"{power} = {value}" for power, value in zip(powers, values)),
            f"{' + '.join(values)} = {number(self.total)}",
            ", ".join(quotients),
        )


def softmax(scores: Any = EXAMPLE) -> Softmax:
    """Softmax of a vector of scores (Bridle 1990). ConvscopeError for a score beyond ±LARGEST_SCORE."""
    values = finite("list of scores", scores, (1,))
    if np.abs(values).max() > LARGEST_SCORE:
        worst = values[np.abs(values).argmax()]
        raise ConvscopeError(
            f"The score {worst:g} has an exponential that cannot be shown; use scores from −{LARGEST_SCORE} to "
            f"{LARGEST_SCORE}. Subtracting the same number from all of them changes no probability."
        )
    exponentials = np.exp(values)
    total = float(exponentials.sum())
    largest = np.zeros_like(values)
    largest[values.argmax()] = 1
    shares = values / values.sum() if values.min() > 0 else None
    return Softmax(values, exponentials, total, exponentials / total, largest, shares)
