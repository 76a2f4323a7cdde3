"""Early stopping: a run ends when a figure has stopped getting better, with the weights it was best with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..spec import Named, assignments, find, integer
from .events import Epoch
from .watch import Watched, improvement, monitor


@dataclass(frozen=True)
class EarlyStopping(Named):
    """Ends a run after so many epochs without a better figure, and goes back to the best one (Prechelt 1998)."""

    patience: int = integer(
        5, label="Patience", help="Epochs without a better figure before the run ends.", minimum=1, maximum=1_000_000
    )
    monitor: str = monitor("test_loss")
    improvement: float = improvement(0.0)

    kind = "early stopping"
    name = "stop"
    title = "Early stopping"
    source = "Prechelt 1998"

    @property
    def figure(self) -> str:
        """The watched figure as people call it."""
        return self.monitor.replace("_", " ").replace("train", "training")

    def after(self, figures: Epoch, watched: Watched) -> Watched:
        """What is to be remembered once one more epoch is done."""
        return watched.after(figures, self.monitor, self.improvement)

    def ends(self, watched: Watched) -> bool:
        """Whether the run should end."""
        return watched.since >= self.patience


def early_stopping(given: str | int | Mapping[str, Any] | EarlyStopping | None) -> EarlyStopping | None:
    """Early stopping from its patience, its parameters as text ("patience=3,monitor=test_loss"), or its JSON form."""
    if isinstance(given, int | str) and str(given).isdecimal():
        return EarlyStopping(int(given))
    if isinstance(given, str) and not given.startswith(EarlyStopping.name):
        return EarlyStopping().replace(**assignments(given))
    return None if given is None else find({EarlyStopping.name: EarlyStopping}, given)
