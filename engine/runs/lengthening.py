"""Making a run longer: whether it becomes the run that was begun with so many epochs, bit for bit, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..io import container
from ..spec import ConvscopeError
from ..train.schedule.base import Moment
from ..train.settings import Settings
from ..train.state import Progress
from .checkpoints import LAST
from .errors import RunError
from .folder import RunFolder

_LOOKED_AT = 512  # steps that were made, of which the rates are compared
_EQUAL = 1e-12


@dataclass(frozen=True)
class Lengthening:
    """A run as it stands, to be made longer: its settings, where it is, and how many batches make an epoch."""

    settings: Settings
    progress: Progress
    batches: int

    @classmethod
    def of(cls, state: dict[str, Any]) -> Lengthening:
        """From the `meta` of a training state."""
        settings = Settings.from_dict(state["settings"])
        return cls(
            settings, Progress.from_dict(state["progress"]), -(-int(state["train_images"]) // settings.batch_size)
        )

    def rate(self, epochs: int) -> float:
        """The learning rate with which it goes on to so many epochs in all."""
        optimizer, progress = self.settings.optimizer, self.progress
        scale = self._scale(progress.position, epochs)
        if progress.anchor:  # the rate was set during the run: the schedule goes on from there in proportion
            scale = self._shape(progress.position, epochs) / self._shape(progress.anchor, epochs)
        return float(optimizer.learning_rate * scale)

    def why_not(self, epochs: int) -> str:
        """Why its weights will not be those of a run begun with so many epochs; "" where they will, bit for bit."""
        done = self.progress.position
        steps = np.unique(np.concatenate([np.arange(min(done, _LOOKED_AT)), np.linspace(0, done - 1, _LOOKED_AT)]))
        was = self.settings.epochs
        same = all(abs(self._scale(int(s), was) - self._scale(int(s), epochs)) <= _EQUAL for s in steps if s >= 0)
        if same:
            return ""
        title = self.settings.schedule.title
        return (
            f"The schedule “{title}” is spread over the whole run: the {self.progress.epoch} epochs that are done had "
            f"the learning rates of a run of {was}, so its weights will not be those of a run begun with {epochs}. "
            f"It goes on at {self.rate(epochs):.3g}."
        )

    def _scale(self, step: int, epochs: int) -> float:
        return self.settings.schedule.scale(self._moment(step, epochs))

    def _shape(self, step: int, epochs: int) -> float:
        return self.settings.schedule.shape(self._moment(step, epochs))

    def _moment(self, step: int, epochs: int) -> Moment:
        reductions = self.progress.plateau.reductions if step == self.progress.position else 0
        return Moment(step, epochs * self.batches, self.batches, reductions)


def lengthening(folder: RunFolder) -> Lengthening:
    """The run as its last checkpoint has it. RunError if that cannot be read."""
    path = folder.checkpoints.path(LAST)
    try:
        with container.opened(path) as file:
            return Lengthening.of(file.document["training"])
    except (ConvscopeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"The last checkpoint of {folder.id} cannot be read, so the run cannot go on ({error})."
        ) from None
