"""What a schedule is: the factor on the learning rate at each step of a run.

A further schedule is a frozen dataclass below `Schedule` with its `shape`, and an entry in `SCHEDULES`.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from ...spec import Named, integer, number
from ..events import Epoch
from ..watch import Watched

AUTOMATIC = -1
_WARM_UP_STEPS = 100


@dataclass(frozen=True)
class Moment:
    """Where a run stands: `step` of `steps` are done, `batches` make an epoch, and the rate was reduced so often."""

    step: int
    steps: int
    batches: int = 1
    reductions: int = 0

    @property
    def progress(self) -> float:
        """0 before the first step, 1 after the last."""
        return self.step / self.steps


def warm_up(default: int = AUTOMATIC) -> Any:
    """The field of a warm-up of so many steps."""
    return integer(
        default,
        label="Warm-up",
        help="Steps in which the rate rises evenly to its value; -1 takes a tenth of the run, at most 100.",
        minimum=AUTOMATIC,
        maximum=10_000_000,
    )


def remainder(default: float) -> Any:
    """The field of what a drop leaves of the rate."""
    help = "What is left of the rate after a drop."
    return number(default, label="Factor", help=help, minimum=0.0, maximum=1.0, open_ends=True)


@dataclass(frozen=True)
class Schedule(Named):
    """Base of all schedules. Any may begin with a linear warm-up (Goyal et al. 2017, §2.2).

    Most do: first weights give large scores, and full steps along their gradients kill units for good.
    """

    _: KW_ONLY
    warm_up: int = warm_up()

    kind = "schedule"

    def shape(self, at: Moment) -> float:
        """The factor without warm-up: 1 is the full rate."""
        raise NotImplementedError

    def scale(self, at: Moment) -> float:
        """The factor on the learning rate for the step that comes next."""
        length = min(_WARM_UP_STEPS, at.steps // 10) if self.warm_up == AUTOMATIC else self.warm_up
        return self.shape(at) * (min((at.step + 1) / length, 1.0) if length else 1.0)

    def after(self, figures: Epoch, watched: Watched) -> Watched:
        """What is to be remembered of the epochs so far, once one more is done. Most schedules do not look."""
        return watched
