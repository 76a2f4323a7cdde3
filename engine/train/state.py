"""Where a run stands: what a file must hold, beside the weights, for the run to go on bit for bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..spec import ConvscopeError
from .events import Epoch
from .settings import Settings, TrainingError
from .watch import Watched

VERSION = 1
_BEST = "best/"
Arrays = dict[str, NDArray[np.float32]]


@dataclass
class Progress:
    """How far a run has come, and the sums of the epoch under way.

    `epoch` whole epochs and `batch` batches of the next one are done, `step` batches in all. The schedule's clock is
    `position`: the batches that would be done if all had had the present size. `offset` is by how much `step` is
    ahead of it, and `anchor` the position at which the learning rate was set; the schedule goes on from there.
    `plateau` is what the schedule has seen, `stopping` what early stopping has.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    anchor: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    images: int = 0
    seconds: float = 0.0
    last: Epoch | None = None
    offset: int = 0
    plateau: Watched = field(default_factory=Watched)
    stopping: Watched = field(default_factory=Watched)

    @property
    def position(self) -> int:
        """Where the schedule stands, in batches of the present size."""
        return self.step - self.offset

    def begin_batch(self, images: int) -> None:
        """The step of one batch was begun."""
        self.batch += 1
        self.step += 1
        self.images += images

    def count(self, loss: float, correct: int, images: int) -> None:
        """What became of a batch; `loss` is its mean."""
        self.loss_sum += loss * images
        self.correct += correct

    def close_epoch(self, figures: Epoch) -> None:
        """The epoch's batches and its test are done."""
        self.epoch += 1
        self.batch = self.correct = self.images = 0
        self.loss_sum = self.seconds = 0.0
        self.last = figures

    def resize(self, before: int, now: int) -> None:
        """From this start of an epoch on, an epoch has `now` batches instead of `before`."""
        self.offset = self.step - self.epoch * now
        self.anchor = max(1, round(self.anchor * now / before)) if self.anchor else 0

    def settle(self, batches: int) -> None:
        """After a return to the end of an earlier epoch: from here on an epoch has so many batches."""
        if self.epoch and self.position != self.epoch * batches:
            self.resize(self.position // self.epoch, batches)

    def set_anchor(self) -> None:
        """The learning rate was set: the schedule goes on from here, and counts its reductions anew."""
        self.anchor = self.position
        self.plateau = dataclasses.replace(self.plateau, reductions=0)

    def assign(self, other: Progress) -> None:
        """Become equal to another."""
        for each in dataclasses.fields(self):
            setattr(self, each.name, getattr(other, each.name))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Progress:
        """Read the JSON form; KeyError, TypeError or ValueError when it is damaged."""
        last = values["last"]
        watched = {name: Watched.from_dict(values.get(name, {})) for name in ("plateau", "stopping")}
        found = cls(**{**values, **watched, "last": None if last is None else Epoch(**last)})
        counts = (found.epoch, found.batch, found.step, found.anchor, found.correct, found.images)
        if not all(isinstance(n, int) and n >= 0 for n in counts) or not isinstance(found.offset, int):
            raise ValueError("a count is not a whole number")
        found.loss_sum, found.seconds = float(found.loss_sum), float(found.seconds)
        return found


@dataclass(frozen=True)
class Change:
    """A setting's new value, in its JSON form, that counts when `step` batches are done."""

    step: int
    setting: str
    value: Any


@dataclass(frozen=True)
class Kept:
    """Progress, weights and optimiser buffers of the best epoch so far."""

    progress: Progress
    weights: Arrays
    buffers: Arrays

    def arrays(self) -> Arrays:
        """The arrays under names of their own."""
        named = {f"{_BEST}weights/{name}": array for name, array in self.weights.items()}
        return named | {f"{_BEST}buffers/{name}": array for name, array in self.buffers.items()}

    @classmethod
    def read(cls, progress: Mapping[str, Any] | None, arrays: Arrays) -> Kept | None:
        """Take what `arrays` gave out of a file's arrays; None where nothing was kept."""
        if progress is None:
            return None
        parts: dict[str, Arrays] = {"weights": {}, "buffers": {}}
        for name in [name for name in arrays if name.startswith(_BEST)]:
            part, _, own = name.removeprefix(_BEST).partition("/")
            parts[part][own] = arrays.pop(name)
        return cls(Progress.from_dict(progress), **parts)

    def fits(self, weights: Mapping[str, NDArray[np.float32]], buffers: Arrays) -> bool:
        """Whether there is a finite array for each of these, of its shape."""
        pairs = ((self.weights, weights), (self.buffers, buffers))
        return all(
            ours.keys() == theirs.keys()
            and all(a.shape == theirs[name].shape and np.isfinite(a).all() for name, a in ours.items())
            for ours, theirs in pairs
        )


@dataclass(frozen=True)
class State:
    """Settings, progress, optimiser buffers, what they belong to, changes that are still to come, and frozen layers.

    `best` is what early stopping would go back to.
    """

    settings: Settings
    progress: Progress
    buffers: Arrays
    dataset: str
    train_images: int
    model_seed: int
    changes: tuple[Change, ...] = ()
    frozen: tuple[str, ...] = ()
    best: Kept | None = None

    def to_dict(self) -> dict[str, Any]:
        """`{"meta": JSON-able, "arrays": {name: ndarray}}`, sharing nothing with the run."""
        meta = {
            "version": VERSION,
            "settings": self.settings.to_dict(),
            "progress": dataclasses.asdict(self.progress),
            "dataset": self.dataset,
            "train_images": self.train_images,
            "model_seed": self.model_seed,
            "frozen": list(self.frozen),
            "changes": [[change.step, change.setting, change.value] for change in self.changes],
            "best": dataclasses.asdict(self.best.progress) if self.best else None,
        }
        arrays = self.buffers | (self.best.arrays() if self.best else {})
        return {"meta": meta, "arrays": {name: array.copy() for name, array in arrays.items()}}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> State:
        """Read what `to_dict` gave; TrainingError when it is damaged."""
        try:
            meta = state["meta"]
            if meta["version"] != VERSION:
                raise ValueError(f"version {meta['version']!r}, this program reads {VERSION}")
            buffers = {name: np.array(array, np.float32) for name, array in state["arrays"].items()}
            best = Kept.read(meta.get("best"), buffers)
            settings, progress = Settings.from_dict(meta["settings"]), Progress.from_dict(meta["progress"])
            changes = tuple(Change(int(step), str(name), value) for step, name, value in meta.get("changes", ()))
            belongs = str(meta["dataset"]), int(meta["train_images"]), int(meta["model_seed"])
            frozen = tuple(map(str, meta.get("frozen", ())))
            return cls(settings, progress, buffers, *belongs, changes, frozen, best)
        except (KeyError, TypeError, ValueError, AttributeError, ConvscopeError) as error:
            raise TrainingError(
                [f"the saved training state is damaged ({type(error).__name__}: {error}), start anew without it"]
            ) from None

    def overruled(self, names: Iterable[str]) -> State:
        """The state when these settings are given anew: they count from here on, and no change of them is to come."""
        given = set(names)
        if "learning_rate" in given:
            self.progress.set_anchor()
        return dataclasses.replace(self, changes=tuple(c for c in self.changes if c.setting not in given))

    def misfits(self, dataset: Dataset, weights: int) -> list[str]:
        """Reasons why the run cannot go on with this data set and so many trainable weights."""
        reasons = []
        if not self._consistent():
            reasons.append("the saved training state contradicts itself, start anew without it")
        if (self.dataset, self.train_images) != (dataset.name, len(dataset.train_images)):
            was, now = (
                f"{self.dataset} ({self.train_images:,} images)",
                f"{dataset.name} ({len(dataset.train_images):,})",
            )
            reasons.append(f"the run was begun on {was} and would go on with {now}, give the same data set")
        wanted = set(self.settings.optimizer.buffers)
        if set(self.buffers) != wanted or any(array.shape != (weights,) for array in self.buffers.values()):
            what = f"the saved {' and '.join(sorted(wanted))} does not fit the network's {weights:,} weights"
            reasons.append(f"{what}, start anew without it")
        if not all(np.isfinite(array).all() for array in self.buffers.values()):
            reasons.append("the saved optimiser state holds NaN or infinity, start anew without it")
        return reasons

    def _consistent(self) -> bool:
        """Whether the counts of epochs, batches, steps and images agree."""
        done, size = self.progress, self.settings.batch_size
        batches = -(-self.train_images // size)
        return (
            done.batch <= batches
            and done.position == done.epoch * batches + done.batch
            and done.anchor <= max(done.position, 1)
            and done.images == min(done.batch * size, self.train_images)
        )
