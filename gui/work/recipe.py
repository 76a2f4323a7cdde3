"""What the user asks of a training run."""

from __future__ import annotations

from dataclasses import dataclass


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
    learning_rate: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 0.0005
    seed: int = 0
