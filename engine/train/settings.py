"""What a training run is asked to do, checked as a whole, and its JSON form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..spec import ConvscopeError
from .optimizer import SGD, Optimizer, optimizer
from .schedule import schedule

LARGEST_SEED = 2**63 - 1
BATCH_SIZE = 64
_MOST = 1_000_000
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
    """A run's recipe. Construction raises TrainingError naming everything that is illegal."""

    epochs: int
    batch_size: int = BATCH_SIZE
    optimizer: Optimizer = field(default_factory=SGD)
    schedule: str = "cosine"
    seed: int = 0

    def __post_init__(self) -> None:
        reasons = [
            *_whole("epochs", self.epochs, 1, _MOST),
            *_whole("batch size", self.batch_size, 1, _MOST),
            *_whole("seed", self.seed, 0, LARGEST_SEED),
        ]
        try:
            schedule(self.schedule)
        except ConvscopeError as error:
            reasons.append(in_a_list(error))
        if reasons:
            raise TrainingError(reasons)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with the optimiser's name among its values."""
        named = {"name": self.optimizer.name, **self.optimizer.values()}
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "optimizer": named,
            "schedule": self.schedule,
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Read the JSON form; KeyError, TypeError, ValueError or ConvscopeError when it is damaged."""
        given = dict(values["optimizer"])
        found = optimizer(str(given.pop("name")), **given)
        return cls(values["epochs"], values["batch_size"], found, values["schedule"], values["seed"])


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


def _whole(what: str, value: Any, low: int, high: int) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return []
    return [f"{what} is {value!r}, use a whole number from {low} to {high:,}"]
