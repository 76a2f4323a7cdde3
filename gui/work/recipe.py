"""What the user asks of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from convscope.engine.data import DATASETS
from convscope.engine.data.augment import Augmentation
from convscope.engine.data.sources import separated
from convscope.engine.runtime.devices import CPU
from convscope.engine.runtime.initialisers import Initialiser
from convscope.engine.train.loss import CrossEntropy, Loss
from convscope.engine.train.optimizer import SGD, Optimizer
from convscope.engine.train.schedule import Cosine, Schedule
from convscope.engine.train.settings import Settings
from convscope.engine.train.stopping import EarlyStopping


@dataclass(frozen=True)
class DataChoice:
    """A data set by name, or one's own by path, and the folder that holds its files.

    An empty folder means the bundled or downloaded files. `options` are written as behind a name in a shell:
    `size=64,count=2000`.
    """

    name: str = "digits"
    folder: str = ""
    options: str = ""

    @classmethod
    def of(cls, what: str, folder: str | None) -> DataChoice:
        """The choice of what `load_dataset` takes."""
        return cls(separated(what)[0], folder or "", separated(what)[1])

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

    `initialiser` gives the first weights; None leaves them to what the layers declare. `recompute` is the model's:
    activations are computed again instead of being kept. `freeze` names the layers that do not learn; every `thaw`
    epochs one of them begins to (0: none does). With `keep` the run is written down while it goes on, so that it can be
    found, compared and resumed. `device` is where it computes.
    """

    data: DataChoice = DataChoice()
    epochs: int = 23
    batch_size: int = 32
    optimizer: Optimizer = field(default_factory=SGD)
    schedule: Schedule = field(default_factory=Cosine)
    seed: int = 0
    loss: Loss = field(default_factory=CrossEntropy)
    mixup: float = 0.0
    early_stopping: EarlyStopping | None = None
    augment: tuple[Augmentation, ...] = ()
    initialiser: Initialiser | None = None
    recompute: bool = False
    freeze: tuple[str, ...] = ()
    thaw: int = 0
    keep: bool = False
    device: str = CPU

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate

    def settings(self) -> dict[str, Any]:
        """What of it is the run's, as `Model.fit` takes it."""
        return {name: getattr(self, name) for name in _SETTINGS}

    @classmethod
    def of(cls, data: DataChoice, settings: Settings, **others: Any) -> Recipe:
        """The recipe with a run's settings."""
        return cls(data=data, **{name: getattr(settings, name) for name in _SETTINGS}, **others)


_SETTINGS = tuple(each.name for each in fields(Settings))
