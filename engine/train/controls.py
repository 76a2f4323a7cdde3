"""What may be changed while a run goes on: the optimiser's parameters."""

from __future__ import annotations

import dataclasses

from .events import Changed
from .optimizer import Optimizer
from .schedule import factor, schedule
from .settings import Settings
from .state import Progress


class Controls:
    """The optimiser as the next step uses it. `set` may be called from any thread; `apply` is the run's own.

    The learning rate that is read and set is the one of the next step, as the schedule has it. Setting it ends the
    warm-up: whoever sets a rate means that rate. The schedule's shape goes on from there in proportion.
    """

    def __init__(self, settings: Settings, progress: Progress, steps: int) -> None:
        self.optimizer: Optimizer = settings.optimizer
        self._settings = settings
        self._progress = progress
        self._steps = steps
        self._pending: dict[str, float] = {}

    def get(self, name: str) -> float:
        """A parameter's value for the next step; AttributeError if the optimiser has none of this name."""
        current = self.rate() if name == "learning_rate" else getattr(self.optimizer, name)
        return float(self._pending.get(name, current))

    def set(self, name: str, value: float) -> None:
        """Change a parameter from the next step on; ParameterError if it is unknown or illegal."""
        self._pending[name] = getattr(self.optimizer.replace(**{name: value}), name)

    def rate(self, back: int = 0) -> float:
        """The scheduled learning rate of the next step, or of the one so many steps `back`."""
        here, anchor = self._progress.step - back, self._progress.anchor
        if here <= anchor > 0:
            return self.optimizer.learning_rate
        name, steps = self._settings.schedule, self._steps
        if not anchor:
            return self.optimizer.learning_rate * factor(name, here, steps)
        shape = schedule(name)
        return self.optimizer.learning_rate * (shape(here / steps) / shape(anchor / steps))

    def apply(self) -> list[Changed]:
        """Put the pending changes in force; an event for each."""
        events = []
        while self._pending:
            name, value = self._pending.popitem()
            self.optimizer = self.optimizer.replace(**{name: value})
            if name == "learning_rate":
                self._progress.anchor = self._progress.step
            events.append(Changed(self._progress.step, name, value))
        return events

    def now(self) -> tuple[Settings, Progress]:
        """Settings and progress that a resumed run goes on with, pending changes included."""
        pending = dict(self._pending)
        anchor = self._progress.step if "learning_rate" in pending else self._progress.anchor
        settings = dataclasses.replace(self._settings, optimizer=self.optimizer.replace(**pending))
        return settings, dataclasses.replace(self._progress, anchor=anchor)
