"""How often something is written during a run: every so many steps, epochs or minutes, or ever more rarely."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

from ..train.events import Batch, Epoch, Event
from .errors import RunError

UNITS = ("steps", "epochs", "minutes", "times")
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(step|epoch|minute|time)s?")
_EXAMPLES = "'200 steps', '2 epochs', '10 minutes', or '1.5 times' as many steps as the time before"


@dataclass(frozen=True)
class Interval:
    """`Interval(200, "steps")`, written "200 steps". Construction raises RunError if it makes no sense.

    "1.5 times" is due when there are so many times as many steps as when it was due before: evenly on a logarithmic
    scale, as a run's first steps change most.
    """

    count: float
    unit: str

    def __post_init__(self) -> None:
        whole = self.unit in ("minutes", "times") or self.count == int(self.count)
        least = 1 if self.unit == "times" else 0
        if self.unit not in UNITS or not self.count > least or not whole:
            raise RunError(f"{self} is no interval; give one such as {_EXAMPLES}.")

    def __str__(self) -> str:
        return f"{self.count:g} {self.unit.removesuffix('s') if self.count == 1 else self.unit}"

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read "200 steps", "1 epoch", "2.5 minutes"."""
        found = _FORM.fullmatch(text.strip().lower())
        if not found:
            raise RunError(f"{text!r} is no interval; give one such as {_EXAMPLES}.")
        return cls(float(found[1]), found[2] + "s")


class Clock:
    """Tells after which events something is due. Steps and epochs are counted from the run's beginning, so that a
    resumed run does it at the same places; minutes from when it was last done.
    """

    def __init__(self, *intervals: Interval) -> None:
        self._intervals = intervals
        self._done = time.monotonic()

    def due(self, event: Event) -> bool:
        """Whether it is time, after a batch or an epoch; what is due counts as done."""
        if not any(self._is_due(interval, event) for interval in self._intervals):
            return False
        self._done = time.monotonic()
        return True

    def _is_due(self, interval: Interval, event: Event) -> bool:
        match event:
            case Batch() if interval.unit == "steps":
                return event.step % interval.count == 0
            case Batch() if interval.unit == "times":
                return _power(event.step, interval.count) > _power(event.step - 1, interval.count)
            case Epoch() if interval.unit == "epochs":
                return event.epoch % interval.count == 0
            case Batch() | Epoch() if interval.unit == "minutes":
                return time.monotonic() - self._done >= 60 * interval.count
        return False


def _power(step: int, base: float) -> int:
    """The greatest whole power of the base that is no more than the step; −1 before the first."""
    return -1 if step < 1 else math.floor(math.log(step, base) + 1e-9)
