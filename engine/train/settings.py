"""What a training run is asked to do, checked as a whole, and its JSON form."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..data.augment import Augmentation, augmentations
from ..spec import ConvscopeError, Named, ParameterError
from .loss import CrossEntropy, Loss, loss
from .optimizer import SGD, Optimizer, optimizer
from .schedule import Cosine, Schedule, schedule
from .stopping import EarlyStopping, early_stopping

LARGEST_SEED = 2**63 - 1
BATCH_SIZE = 64
_MOST = 1_000_000
_MOST_MIXUP = 100.0
_STEPS_AN_EPOCH, _STEPS, _FEWEST_EPOCHS, _MOST_EPOCHS = 40, 1000, 5, 30


class TrainingError(ConvscopeError):
    """Training cannot start as asked; `reasons` holds a clause for every cause."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(f"Training cannot start: {'; '.join(reason.removesuffix('.') for reason in reasons)}.")


def in_a_list(error: ConvscopeError) -> str:
    """A sentence as one clause among several."""
    text = str(error)
    return text[:1].lower() + text[1:]


@dataclass(frozen=True)
class Settings:
    """A run's recipe. Construction raises TrainingError naming everything that is illegal.

    Optimiser, schedule, loss, early stopping and augmentations may be given by name or text as well ("step:every=30",
    "flip,crop:padding=4"). `mixup` is the α of the Beta distribution that shares are drawn from; 0 mixes nothing.
    """

    epochs: int
    batch_size: int = BATCH_SIZE
    optimizer: Optimizer = field(default_factory=SGD)
    schedule: Schedule = field(default_factory=Cosine)
    seed: int = 0
    loss: Loss = field(default_factory=CrossEntropy)
    mixup: float = 0.0
    early_stopping: EarlyStopping | None = None
    augment: tuple[Augmentation, ...] = ()

    def __post_init__(self) -> None:
        reasons = [
            *_whole("epochs", self.epochs, 1, _MOST),
            *_whole("batch size", self.batch_size, 1, _MOST),
            *_whole("seed", self.seed, 0, LARGEST_SEED),
            *_share("mixup", self.mixup),
        ]
        for name, find in _DECLARED.items():
            try:
                object.__setattr__(self, name, find(getattr(self, name)))
            except ParameterError as error:
                reasons += error.reasons
            except ConvscopeError as error:
                reasons.append(in_a_list(error))
        if reasons:
            raise TrainingError(reasons)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: _plain(value) for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Read the JSON form; KeyError, TypeError, ValueError or ConvscopeError when it is damaged.

        What files of older versions do not hold is at its default.
        """
        required = {name: values[name] for name in ("epochs", "batch_size", "optimizer", "schedule", "seed")}
        return cls(**{**values, **required})


def suggested(images: int, batch_size: int | None = None) -> tuple[int, int]:
    """Epochs and batch size that suit a number of training images.

    A small set gets smaller batches, so that an epoch has some forty steps, and more epochs, so that a run has about
    a thousand.
    """
    if batch_size is None:
        batch_size = BATCH_SIZE
        while batch_size > 8 and images < batch_size * _STEPS_AN_EPOCH:
            batch_size //= 2
    steps = max(math.ceil(images / batch_size), 1)
    return min(max(math.ceil(_STEPS / steps), _FEWEST_EPOCHS), _MOST_EPOCHS), batch_size


_DECLARED: Mapping[str, Callable[[Any], Any]] = {
    "optimizer": optimizer,
    "schedule": schedule,
    "loss": loss,
    "early_stopping": early_stopping,
    "augment": augmentations,
}


def _plain(value: Any) -> Any:
    """A setting's JSON form."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.to_dict() if isinstance(value, Named) else value


def _share(what: str, value: Any) -> list[str]:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST_MIXUP:
        return []
    return [f"{what} is {value!r}, use a number from 0 to {_MOST_MIXUP:g}"]


def _whole(what: str, value: Any, low: int, high: int) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return []
    return [f"{what} is {value!r}, use a whole number from {low} to {high:,}"]
