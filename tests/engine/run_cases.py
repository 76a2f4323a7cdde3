"""What tests of kept runs share: a store in a folder of the test's own, and small runs in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convscope.engine.runs import Interval, Keeping, Recording, RunStore
from convscope.engine.train import Batch

from .training_cases import bits, blobs, model_for

DATA = blobs()
SETTINGS: dict[str, Any] = {"epochs": 3, "batch_size": 16, "learning_rate": 0.05}
BATCHES = 5  # 70 images in batches of 16
EVERY_TWO = Keeping((Interval(2, "steps"),), earlier=None)


def begin(folder: Path, **options: Any) -> Recording:
    """A run in the store in `folder`, with dropout and running statistics in its network."""
    return RunStore(folder).start(model_for(DATA), DATA, **{**SETTINGS, "keeping": EVERY_TWO, **options})


def again(folder: Path, reference: str = "everything", **options: Any) -> Recording:
    """The run resumed."""
    return RunStore(folder).resume(reference, dataset=DATA, **options)


def advance(run: Recording, batches: int) -> None:
    for _ in range(batches):
        next(e for e in run if isinstance(e, Batch))


def whole(**settings: Any) -> dict[str, bytes]:
    """The weights of the run without interruption."""
    model = model_for(DATA)
    list(model.fit(DATA, **{**SETTINGS, **settings}))
    return bits(model)


def weights(run: Recording) -> dict[str, bytes]:
    return bits(run.training.model)
