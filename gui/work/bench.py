"""The model and the run on the compute thread. Nobody else touches them."""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from convscope.engine.data.dataset import DataError
from convscope.engine.graph.network import Network
from convscope.engine.runtime.devices import CPU
from convscope.engine.spec import ConvscopeError
from convscope.engine.train.events import Batch, Ended, Epoch, Event, Started, Warned

from .history import History
from .kept import Kept
from .posts import DataLost, ModelInfo, Phase, Reported, RunStarted, Transferred
from .recipe import Recipe
from .thawing import Thawing
from .toolkit import Toolkit


class Bench:
    """Holds the model that is trained and looked into. Its methods run on the compute thread only.

    A model is kept, and trained on, as long as the network's structure, the data set and the seed stay the same.
    """

    def __init__(self, toolkit: Toolkit) -> None:
        self._toolkit = toolkit
        self._serials = itertools.count(1)
        self._run: Any = None
        self._changes: dict[str, Any] = {}
        self._cancelled = False
        self.model: Any = None
        self.info: ModelInfo | None = None
        self._still: tuple[tuple[int, int], Any] | None = None  # serial and steps, and the copy
        self.view_seconds = 0.0

    # ---- models

    @property
    def device(self) -> str:
        """Where the model computes."""
        return CPU if self.info is None else self.info.device

    def provide(
        self, network: Network, dataset: Any, recipe: Recipe, fresh: bool = False, known: float = math.inf
    ) -> ModelInfo:
        """Have a model of this network; it is made anew unless the one at hand serves. `dataset` may be None.

        `known` is the serial number of the model that the asker knows of: one that was opened or handed over since, and
        of which the asker has not heard, stays.
        """
        info = self.info
        if info is not None and info.serial > known and (info.path or info.given):
            return info
        data = "" if dataset is None else dataset.name
        if fresh or self.info is None or not self.info.serves(network, data, recipe):
            self.model = self._toolkit.build(network, dataset, recipe)
            classes = () if dataset is None else tuple(dataset.classes)
            self.info = ModelInfo(
                network.copy(), data, recipe.seed, classes, next(self._serials), initialiser=recipe.initialiser,
                device=recipe.device,
            )  # fmt: skip
        return self.move(recipe.device)

    def move(self, device: str) -> ModelInfo:
        """Have the model compute there, with the weights it has; ConvscopeError, with all as it was, if it cannot."""
        assert self.info is not None  # who asks has heard of a model
        if self.info.device != device:
            self.model = self._toolkit.moved(self.model, device)
            self.info, self._still = replace(self.info, device=device), None
        return self.info

    def open(self, path: str, device: str) -> ModelInfo:
        """Have the model of a file."""
        self.model = self._toolkit.open(path)
        network = self.model.network.copy()
        self.info = ModelInfo(network, "", 0, tuple(self.model.classes), next(self._serials), path=path)
        return self.move(device)

    def transfer(self, path: str, dataset: Any, freeze: Any, seed: int, cut: str | None) -> Transferred:
        """Have layers of a model file, or of the model at hand (""), under a new head for the data's classes."""
        source = self._toolkit.open(path) if path else self.model
        self.model = self._toolkit.transfer(source, dataset, freeze, seed, cut)
        network, classes = self.model.network.copy(), tuple(self.model.classes)
        where = CPU if path else self.device
        self.info = ModelInfo(network, dataset.name, seed, classes, next(self._serials), given=True, device=where)
        return Transferred(self.info, tuple(self.model.frozen))

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
        self._changes, self._cancelled = {}, False
        return self._training(network, dataset, recipe)

    def resuming(self, kept: Kept, dataset: Any, epochs: int | None) -> Generator[Any, None, None]:
        """As `training`, for a kept run that goes on. Its model takes the place of the one at hand."""
        self._changes, self._cancelled = {}, False
        return self._resuming(kept, dataset, epochs)

    def _training(self, network: Network, dataset: Any, recipe: Recipe) -> Generator[Any, None, None]:
        yield Phase("Building the network…")
        info = self.provide(network, dataset, recipe)
        yield info
        yield Phase("Preparing kernels…")
        run: Any = self._toolkit.fit(self.model, dataset, recipe)
        self._run = run
        if recipe.keep:
            try:
                run = self._toolkit.keep(run, recipe)
            except ConvscopeError as error:
                yield self._reported(Warned(f"This run is not kept: {error}"))
        yield from self._events(run, Thawing(recipe.thaw), info.steps == 0)

    def _resuming(self, kept: Kept, dataset: Any, epochs: int | None) -> Generator[Any, None, None]:
        yield Phase("Reading the run…")
        run: Any = self._toolkit.resume(kept, dataset, epochs)
        self._run, self.model = run.training, run.training.model
        network, seed, classes = self.model.network.copy(), self.model.seed, tuple(self.model.classes)
        device = kept.recipe.device
        self.info = ModelInfo(network, dataset.name, seed, classes, next(self._serials), device=device)
        yield self.info
        reached = max((epoch.epoch for epoch in kept.history.epochs), default=0)
        yield from self._events(run, Thawing(kept.recipe.thaw, reached), True, kept.history)

    def _events(
        self, run: Any, thawing: Thawing, fresh: bool, history: History | None = None
    ) -> Generator[Any, None, None]:
        """A run's events as posts. When nobody asks for more, a run that is kept ends where it is, with all it has."""
        try:
            for name, value in self._changes.items():
                self._run.change(name, value)
            if self._cancelled:
                run.cancel()
            for event in run:
                self._count(event)
                thawing.take(event, self._run)
                if isinstance(event, Ended) and isinstance(getattr(self._run, "error", None), DataError):
                    yield DataLost(event.message)
                yield RunStarted(event, fresh, history) if isinstance(event, Started) else self._reported(event)
        except GeneratorExit:
            if run is not self._run:
                run.cancel()
                deque(run, maxlen=0)
            raise
        finally:
            self._run = None

    def _count(self, event: Event) -> None:
        """Note the steps that the model has made; one whose run is resumed has made some already."""
        if self.info is not None and isinstance(event, Batch):
            self.info = replace(self.info, steps=self.info.steps + 1)
        elif self.info is not None and isinstance(event, Started):
            self.info = replace(self.info, steps=max(self.info.steps, event.step))

    def _reported(self, event: Event) -> Reported:
        """With what became of every test image, where an epoch has ended."""
        judged = getattr(self._run, "judged", None) if isinstance(event, Epoch) else None
        return Reported(event, time.monotonic(), judged)

    def cancel(self) -> None:
        """Let the run end before its next batch."""
        self._cancelled = True
        if self._run is not None:
            self._run.cancel()

    def change(self, setting: str, value: Any) -> None:
        """Change a setting of the run in progress as soon as it may; ConvscopeError if that is impossible."""
        self._changes[setting] = value
        if self._run is not None:
            self._run.change(setting, value)

    # ---- looking in

    def look(self, work: Callable[[Any], Any]) -> Any:
        """Run a view's `work(model)` and note the time it takes from training. None while there is no model."""
        start = time.perf_counter()
        try:
            return None if self.model is None else work(self.model)
        finally:
            self.view_seconds += time.perf_counter() - start
