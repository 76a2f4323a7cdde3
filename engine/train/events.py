"""What a training run reports: frozen records, one kind a class. `to_dict` gives the JSON form of the command line.

Epochs, batches and steps are counted as people count them: the first one done is number 1. In `Started` and `Ended`,
which come before the first and after the last, they are how many were done.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

EndReason = Literal["completed", "cancelled", "error"]


@dataclass(frozen=True)
class Event:
    """Base of all events."""

    def to_dict(self) -> dict[str, Any]:
        """`{"event": "epoch", ...}`; numbers that JSON cannot hold (NaN, infinity) become null."""
        values = dataclasses.asdict(self)
        clean = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
        return {"event": type(self).__name__.lower(), **clean}


@dataclass(frozen=True)
class Started(Event):
    """The run is set up; `epoch` whole epochs and `batch` batches of the next are done already (0 unless resumed).

    `step` is how many batches that was. `run` is the id of a run that is kept.
    """

    network: str
    dataset: str
    parameters: int
    train_images: int
    test_images: int
    epochs: int
    batch_size: int
    batches: int  # per epoch
    learning_rate: float
    device: str
    seed: int
    epoch: int = 0
    batch: int = 0
    step: int = 0
    run: str | None = None


@dataclass(frozen=True)
class Batch(Event):
    """One optimiser step is done. `loss` and `accuracy` are the batch's before it; `step` counts all batches.

    `accuracy` is NaN where targets are values.
    """

    epoch: int
    batch: int
    batches: int
    step: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float


@dataclass(frozen=True)
class Evaluated(Event):
    """One batch of test images is done; the epoch's figures follow when all are."""

    epoch: int
    batch: int
    batches: int


@dataclass(frozen=True)
class Epoch(Event):
    """One pass over the training images is done. Test figures are None without test images, accuracies where targets
    are values.

    `train_loss` and `train_accuracy` are means over the epoch's batches, each before its own step. Where the network
    gives boxes, `test_iou` is the mean overlap with the true ones (intersection over union), and `test_located` the
    share of images whose class is right and whose overlap is at least a half.
    """

    epoch: int
    train_loss: float
    train_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    images_per_second: float
    seconds: float
    learning_rate: float
    test_iou: float | None = None
    test_located: float | None = None


@dataclass(frozen=True)
class Changed(Event):
    """A setting was changed while the run went on; it counts when `step` batches are done, now or later.

    `value` is in the setting's JSON form.
    """

    step: int
    setting: str
    value: Any


@dataclass(frozen=True)
class Warned(Event):
    """Something doubtful that does not stop the run."""

    message: str


@dataclass(frozen=True)
class Ended(Event):
    """The last event, always sent. Figures are those of the last full epoch.

    `layer` is where a run that diverged went wrong, if it could be found; `fits`, where the batch was too large for the
    memory, the largest one that is not.
    """

    reason: EndReason
    message: str
    epoch: int
    step: int
    train_loss: float | None = None
    train_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    images_per_second: float | None = None
    layer: str | None = None
    fits: int | None = None
