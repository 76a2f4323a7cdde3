"""Unfreezing in stages: a layer more learns each time that some epochs have gone by."""

from __future__ import annotations

from typing import Any

from convscope.engine.graph import freezing
from convscope.engine.train.events import Epoch, Event


class Thawing:
    """Lets one of a run's frozen layers learn after every so many epochs, the last first; 0 leaves all as they are.

    It changes the setting between two events of the run, as a user might, so each stage begins with the next epoch and
    is an event of the run. Resuming repeats those events: nothing is added to the epochs `reached` before.
    """

    def __init__(self, every: int, reached: int = 0) -> None:
        self._every, self._reached = every, reached

    def take(self, event: Event, run: Any) -> None:
        """Begin the next stage if it is time."""
        if not self._every or not isinstance(event, Epoch) or event.epoch <= self._reached:
            return
        frozen = run.model.frozen
        if frozen and event.epoch % self._every == 0:
            run.change("frozen", list(freezing.thawed(run.model.network, frozen)))
