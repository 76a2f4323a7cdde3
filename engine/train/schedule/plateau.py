"""The schedule that looks at the figures."""

from __future__ import annotations

from dataclasses import dataclass

from ...spec import integer
from ..events import Epoch
from ..watch import Watched, improvement, monitor
from .base import Moment, Schedule, remainder


@dataclass(frozen=True)
class Plateau(Schedule):
    """A fraction of the rate whenever a figure has stopped getting better."""

    factor: float = remainder(0.1)
    patience: int = integer(
        5, label="Patience", help="Epochs without a better figure before the rate drops.", minimum=1, maximum=1_000_000
    )
    monitor: str = monitor("test_loss")
    improvement: float = improvement(1e-4)

    name = "plateau"
    title = "On a plateau"
    source = "Krizhevsky et al. 2012, §5: divided by 10 when the validation error stopped improving"

    def shape(self, at: Moment) -> float:
        return self.factor**at.reductions

    def after(self, figures: Epoch, watched: Watched) -> Watched:
        now = watched.after(figures, self.monitor, self.improvement)
        return now.reduced() if now.since >= self.patience else now
