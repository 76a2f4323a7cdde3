"""What the user asks of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.engine.train.optimizer import SGD

_SGD = SGD()


@dataclass(frozen=True)
class DataChoice:
    """A data set by name, and the folder that holds its files (empty: the bundled or downloaded ones)."""

    name: str = "digits"
    folder: str = ""


@dataclass(frozen=True)
class Recipe:
    """Data set and settings of one training run; the settings have the names they have in `Model.fit`."""

    data: DataChoice = DataChoice()
    epochs: int = 23
    batch_size: int = 32
    learning_rate: float = _SGD.learning_rate
    momentum: float = _SGD.momentum
    weight_decay: float = _SGD.weight_decay
    seed: int = 0
