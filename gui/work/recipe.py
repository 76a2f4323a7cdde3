"""What the user asks of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from convscope.engine.data import DATASETS
from convscope.engine.train.optimizer import SGD, Optimizer
from convscope.engine.train.schedule import Cosine, Schedule


@dataclass(frozen=True)
class DataChoice:
    """A data set by name, or one's own by path, and the folder that holds its files.

    An empty folder means the bundled or downloaded files. `options` are written as behind a name in a shell:
    `size=64,count=2000`.
    """

    name: str = "digits"
    folder: str = ""
    options: str = ""

    @property
    def known(self) -> bool:
        """Whether it is one of the known data sets."""
        return self.name in DATASETS

    @property
    def what(self) -> str:
        """Name or path and options, as `load_dataset` takes them."""
        return f"{self.name}:{self.options}" if self.options else self.name

    @property
    def title(self) -> str:
        """What to call it."""
        return DATASETS[self.name].title if self.known else Path(self.name).name


@dataclass(frozen=True)
class Recipe:
    """Data set and settings of one training run; the settings have the names they have in `Model.fit`.

    `preset` names the engine's recipe that gives what is not a field here, "" for none. `recompute` is the model's:
    activations are computed again instead of being kept.
    """

    data: DataChoice = DataChoice()
    epochs: int = 23
    batch_size: int = 32
    optimizer: Optimizer = field(default_factory=SGD)
    schedule: Schedule = field(default_factory=Cosine)
    seed: int = 0
    preset: str = ""
    recompute: bool = False

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate
