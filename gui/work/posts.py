"""What other threads post to the window. Frozen; the session reads them on the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from convscope.engine.graph.network import Network
from convscope.engine.graph.node import Node
from convscope.engine.runtime.devices import CPU
from convscope.engine.runtime.initialisers import Initialiser
from convscope.engine.spec import ConvscopeError, Shape
from convscope.engine.train.events import Event, Started

from .history import History
from .recipe import DataChoice, Recipe


@dataclass(frozen=True)
class Reported:
    """An event of the run and the monotonic time at which it came.

    `judged` comes with the end of an epoch: what became of every test image, a `train.judged.Judged`.
    """

    event: Event
    when: float
    judged: Any = None


@dataclass(frozen=True)
class Phase:
    """What the compute thread is about to do, for the status line."""

    text: str


@dataclass(frozen=True)
class ModelInfo:
    """What the window may know of the model without touching it.

    `network` is a copy of its own. `serial` differs between any two models of a session. `steps` counts the batches
    learned since the model was made; `path` is the file it was read from, "" for none. `initialiser` gave the weights
    it began with; they are `given` where another network's were taken over. `device` is where it computes.
    """

    network: Network
    data: str
    seed: int
    classes: tuple[str, ...]
    serial: int
    steps: int = 0
    path: str = ""
    initialiser: Initialiser | None = None
    given: bool = False
    device: str = CPU

    @property
    def trained(self) -> bool:
        return self.steps > 0 or self.path != "" or self.given

    def serves(self, network: Network, data: str, recipe: Recipe) -> bool:
        """Whether this model is the one for a network, data set and first weights, so that its weights are kept.

        The network's name and its places on the canvas do not matter. A model whose weights came from
        elsewhere serves any data and recipe.
        """
        same = (self.network.input, self.network.nodes) == (network.input, network.nodes)
        first = (data, recipe.seed, recipe.initialiser)
        return same and (self.path != "" or self.given or (self.data, self.seed, self.initialiser) == first)


@dataclass(frozen=True)
class Transferred:
    """There is a model with the layers of a trained one and a new head; `frozen` are those that are to stay."""

    info: ModelInfo
    frozen: tuple[str, ...]


@dataclass(frozen=True)
class DataLost:
    """The data set of the run can no longer be read, and why; the run's end follows."""

    text: str


@dataclass(frozen=True)
class RunStarted:
    """A run has begun; `fresh` unless it goes on with a model that has learned in this session already.

    `history` holds what came before in a run that is resumed.
    """

    started: Started
    fresh: bool
    history: History | None = None


@dataclass(frozen=True)
class Reply:
    """The result of a view's request, or the exception it raised."""

    callback: Callable[[Any], None]
    result: Any


@dataclass(frozen=True)
class Saved:
    path: str


@dataclass(frozen=True)
class Failed:
    """Work of the compute thread raised this; `of_run` when it ends the run."""

    error: Exception
    of_run: bool = False

    @property
    def text(self) -> str:
        """What went wrong, for people; what is no user's fault goes to the log as well."""
        if isinstance(self.error, ConvscopeError):
            return str(self.error)
        if isinstance(self.error, MemoryError):
            return "There is not enough memory for this network and batch size; use smaller batches."
        logging.getLogger(__name__).error("work of the compute thread failed", exc_info=self.error)
        return f"This went wrong inside Convscope: {self.error or type(self.error).__name__}."


@dataclass(frozen=True)
class Need:
    """What decides which kernels training takes: the network's input and layers, batch size, and optimiser."""

    input: Shape
    nodes: Mapping[str, Node]
    batch_size: int
    optimizer: str


@dataclass(frozen=True)
class Lacking:
    """How many kernels that a network needs are not in the cache, or why that cannot be found out."""

    need: Need
    network: Network
    count: int | Exception


@dataclass(frozen=True)
class DataProgress:
    """What is being done to a choice of data, as a phrase, and how many of its bytes are done."""

    choice: DataChoice
    what: str
    done: int
    total: int
