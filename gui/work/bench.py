"""The model and the run on the compute thread. Nobody else touches them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from convscope.engine.graph.network import Network
from convscope.engine.spec import ConvscopeError
from convscope.engine.train.events import Batch, Epoch, Event, Started

from .posts import ModelInfo, Phase, Reported, RunStarted
from .recipe import Recipe
from .toolkit import Toolkit


class Bench:
    """Holds the model that is trained and looked into. Its methods run on the compute thread only.

    A model is kept, and trained on, as long as the network's structure, the data set and the seed stay the same.
    """

    def __init__(self, toolkit: Toolkit) -> None:
        self._toolkit = toolkit
        self._serials = itertools.count(1)
        self._run: Any = None
        self._rate: float | None = None
        self._cancelled = False
        self.model: Any = None
        self.info: ModelInfo | None = None
        self._still: tuple[tuple[int, int], Any] | None = None  # serial and steps, and the copy
        self.view_seconds = 0.0

    # ---- models

    def provide(self, network: Network, dataset: Any, seed: int, fresh: bool = False) -> ModelInfo:
        """Have a model of this network; it is made anew unless the one at hand serves. `dataset` may be None."""
        data = "" if dataset is None else dataset.name
        if fresh or self.info is None or not self.info.serves(network, data, seed):
            self.model = self._toolkit.build(network, dataset, seed)
            classes = () if dataset is None else tuple(dataset.classes)
            self.info = ModelInfo(network.copy(), data, seed, classes, next(self._serials))
        return self.info

    def open(self, path: str) -> ModelInfo:
        """Have the model of a file."""
        self.model = self._toolkit.open(path)
        network = self.model.network.copy()
        self.info = ModelInfo(network, "", 0, tuple(self.model.classes), next(self._serials), path=path)
        return self.info

    def save(self, path: str) -> None:
        self._toolkit.save(self.model, path)

    def still(self) -> Any:
        """A copy of the model as it is now, which learns no more; ConvscopeError while there is no model."""
        if self.info is None:
            raise ConvscopeError("There is no network to look into; build one without problems first.")
        state = (self.info.serial, self.info.steps)
        if self._still is None or self._still[0] != state:
            self._still = None  # two copies at once would be one too many
            self._still = state, self._toolkit.copy(self.model)
        return self._still[1]

    # ---- the run

    def training(self, network: Network, dataset: Any, recipe: Recipe) -> Generator[Any, None, None]:
        """Everything a run posts: phases, the model, then its events."""
        self._rate, self._cancelled = None, False
        return self._training(network, dataset, recipe)

    def _training(self, network: Network, dataset: Any, recipe: Recipe) -> Generator[Any, None, None]:
        yield Phase("Building the network…")
        info = self.provide(network, dataset, recipe.seed)
        yield info
        yield Phase("Preparing kernels…")
        self._run = self._toolkit.fit(self.model, dataset, recipe)
        try:
            if self._rate is not None:
                self._run.learning_rate = self._rate
            if self._cancelled:
                self._run.cancel()
            for event in self._run:
                if isinstance(event, Batch):
                    self.info = replace(self.info or info, steps=(self.info or info).steps + 1)
                yield RunStarted(event, info.steps == 0) if isinstance(event, Started) else self._reported(event)
        finally:
            self._run = None

    def _reported(self, event: Event) -> Reported:
        """With what became of every test image, where an epoch has ended."""
        judged = getattr(self._run, "judged", None) if isinstance(event, Epoch) else None
        return Reported(event, time.monotonic(), judged)

    def cancel(self) -> None:
        """Let the run end before its next batch."""
        self._cancelled = True
        if self._run is not None:
            self._run.cancel()

    def set_learning_rate(self, rate: float) -> None:
        self._rate = rate
        if self._run is not None:
            self._run.learning_rate = rate

    # ---- looking in

    def look(self, work: Callable[[Any], Any]) -> Any:
        """Run a view's `work(model)` and note the time it takes from training. None while there is no model."""
        start = time.perf_counter()
        try:
            return None if self.model is None else work(self.model)
        finally:
            self.view_seconds += time.perf_counter() - start
