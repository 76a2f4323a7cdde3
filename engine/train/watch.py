"""Watching a figure from epoch to epoch: whether it still gets better."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..spec import choice, number
from .events import Epoch

MONITORS = ("test_loss", "test_accuracy", "train_loss", "train_accuracy")


def monitor(default: str) -> Any:
    """The field of the figure that is watched."""
    help = "The figure that is watched; the training images' where there are no test images."
    return choice(default, MONITORS, label="Monitor", help=help)


def improvement(default: float) -> Any:
    """The field of the least improvement that counts."""
    help = "How much better the figure must get to count, as a share of the best so far."
    return number(default, label="Improvement", help=help, minimum=0.0, maximum=1.0)


@dataclass(frozen=True)
class Watched:
    """The best value so far (None before the first), the epochs since, and how often the rate was reduced.

    Smaller is better: accuracies are watched as errors.
    """

    best: float | None = None
    since: int = 0
    reductions: int = 0

    def after(self, figures: Epoch, monitor: str, improvement: float) -> Watched:
        """What is known once another epoch is done."""
        value = watched_value(figures, monitor)
        if self.best is None or value < self.best * (1 - improvement):
            return dataclasses.replace(self, best=value, since=0)
        return dataclasses.replace(self, since=self.since + 1)

    def reduced(self) -> Watched:
        """The rate was reduced; counting begins anew."""
        return dataclasses.replace(self, since=0, reductions=self.reductions + 1)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Watched:
        """Read the JSON form; TypeError or ValueError when it is damaged."""
        found = cls(**values)
        legal = found.best is None or isinstance(found.best, int | float)
        if not legal or not all(isinstance(n, int) and n >= 0 for n in (found.since, found.reductions)):
            raise ValueError("what was watched is no number")
        return found


def watched_value(figures: Epoch, monitor: str) -> float:
    """The figure, or the training images' of the same kind, as a number that is better when it is smaller."""
    loss = monitor.endswith("loss")
    train = figures.train_loss if loss else figures.train_accuracy
    test = figures.test_loss if loss else figures.test_accuracy
    value = train if test is None or monitor.startswith("train") else test
    if value is None:  # targets are values: nothing is right or wrong
        return figures.train_loss if figures.test_loss is None else figures.test_loss
    return value if loss else 1 - value
