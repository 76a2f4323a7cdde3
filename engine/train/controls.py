"""What may be changed while a run goes on, and when a change counts.

The optimiser's parameters and the frozen layers count from the next step; batch size and augmentations from the next
epoch, so that every epoch shows each image once, and in one way. A change is a fact of the run like its seed: `due`
ones are kept in its state and come into force again at the same step when it is resumed from before them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..graph import freezing
from ..spec import ConvscopeError
from .events import Changed, Event, Warned
from .optimizer import Optimizer
from .schedule import Moment
from .settings import Settings
from .state import Change, Progress

if TYPE_CHECKING:
    from ..runtime.model import Model

BATCH_SIZE, FROZEN = "batch_size", "frozen"
BY_EPOCH = (BATCH_SIZE, "augment")
"""Settings of the recipe that count from the next epoch."""


class Controls:
    """The settings as the next step uses them. `set` may be called from any thread; `apply` is the run's own.

    The learning rate that is read and set is the one of the next step, as the schedule has it. Setting it ends the
    warm-up: whoever sets a rate means that rate. The schedule's shape goes on from there in proportion.

    `images` is how many are trained on; `adopt` makes ready for changed settings, or raises ConvscopeError.
    """

    def __init__(
        self,
        model: Model,
        settings: Settings,
        progress: Progress,
        images: int,
        changes: Iterable[Change],
        adopt: Callable[[Settings], None],
    ) -> None:
        self.settings = settings
        self._progress = progress
        self._images = images
        self._model, self._adopt = model, adopt
        self._asked: dict[str, Any] = {}
        self._due = {(change.step, change.setting): change.value for change in changes}
        self._told: set[tuple[int, str]] = set()

    @property
    def optimizer(self) -> Optimizer:
        return self.settings.optimizer

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return -(-self._images // self.settings.batch_size)

    def get(self, name: str) -> Any:
        """A setting's value for the next step, or what was asked for; AttributeError if there is none of this name."""
        if name in self._asked:
            return self._asked[name]
        if name == "learning_rate":
            return self.rate()
        owner = self._model if name == FROZEN else self.settings if name in BY_EPOCH else self.optimizer
        return getattr(owner, name)

    def set(self, name: str, value: Any) -> None:
        """Change a setting as soon as it may; ConvscopeError if it is unknown or illegal."""
        self._asked[name] = self._legal(name, value)

    def rate(self, back: int = 0) -> float:
        """The scheduled learning rate of the next step, or of the one so many steps `back`."""
        here, anchor = self._progress.position - back, self._progress.anchor
        if here <= anchor > 0:
            return self.optimizer.learning_rate
        schedule, steps = self.settings.schedule, self.settings.epochs * self.batches
        now = Moment(here, steps, self.batches, self._progress.plateau.reductions)
        if not anchor:
            return self.optimizer.learning_rate * schedule.scale(now)
        then = Moment(anchor, steps, self.batches)
        return self.optimizer.learning_rate * (schedule.shape(now) / schedule.shape(then))

    def apply(self) -> Iterator[Event]:
        """Put in force what was asked for and what is due; an event for each, when it is asked for or else when due."""
        progress = self._progress
        while self._asked:
            name, value = self._asked.popitem()
            step = self._step_of(name)
            self._due[step, name] = value
            self._told.add((step, name))
            yield Changed(step, name, value)
        for step, name in [key for key in self._due if key[0] <= progress.step]:
            if name in BY_EPOCH and progress.batch:
                continue  # the epoch's test is under way
            value = self._due.pop((step, name))
            if (step, name) not in self._told:
                yield Changed(step, name, value)
            yield from self._put_in_force(name, value)

    def now(self) -> tuple[Settings, Progress, tuple[Change, ...]]:
        """Settings, progress and changes to come that a resumed run goes on with; what was asked for is among them."""
        due = {**self._due, **{(self._step_of(name), name): value for name, value in self._asked.items()}}
        return self.settings, dataclasses.replace(self._progress), tuple(Change(*key, due[key]) for key in due)

    # ---- inside

    def _legal(self, name: str, value: Any) -> Any:
        """A value's JSON form; ConvscopeError if it is illegal."""
        if name == FROZEN:
            return list(freezing.checked(self._model.network, value))
        settings = self._with(name, value)
        return settings.to_dict()[name] if name in BY_EPOCH else getattr(settings.optimizer, name)

    def _with(self, name: str, value: Any) -> Settings:
        """The settings with one changed."""
        if name in BY_EPOCH:
            return dataclasses.replace(self.settings, **{name: value})
        return dataclasses.replace(self.settings, optimizer=self.optimizer.replace(**{name: value}))

    def _step_of(self, name: str) -> int:
        """The step from which a change asked for now counts."""
        progress = self._progress
        return progress.step + (self.batches - progress.batch if name in BY_EPOCH and progress.batch else 0)

    def _put_in_force(self, name: str, value: Any) -> Iterator[Event]:
        """Make a change; one that turns out to be impossible is told and taken back."""
        if name == FROZEN:
            self._model.frozen = value
            return
        before, batches, settings = self.settings, self.batches, self._with(name, value)
        try:
            if name in BY_EPOCH:
                self._adopt(settings)
        except ConvscopeError as error:
            yield Warned(f"The {name.replace('_', ' ')} stays as it was: {error}")
            yield Changed(self._progress.step, name, before.to_dict()[name])
            return
        self.settings = settings
        if name == BATCH_SIZE:
            self._progress.resize(batches, self.batches)
        elif name == "learning_rate":
            self._progress.set_anchor()
