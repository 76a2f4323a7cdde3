"""The training run as the window commands it and hears of it; called on the GUI thread only."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, Literal

from convscope.engine.graph.network import Network
from convscope.engine.runtime.devices import CPU
from convscope.engine.train.events import Batch, Changed, Ended, Epoch, Event, Warned

from .bench import Bench
from .kept import Kept
from .kernels import KernelProgress, Kernels
from .loader import Loader
from .news import News
from .pace import DrawingTime, LookPace
from .posts import Reported, RunStarted
from .progress import Estimator
from .recipe import Recipe
from .worker import Worker

FIGURES_SECONDS = 0.25
"""People read figures no faster than this."""

State = Literal["idle", "preparing", "running", "paused", "stopping"]

_WAITING = "run"  # what waits for kernels under this name is the run; views' kinds are the others


class Running:
    """Starts, pauses, steps and stops the run of `bench` on `worker`, and tells of it by the signals of `news`.

    A run waits for its data first, then for its kernels. `look_for` says, when both may begin, which network is to be
    trained, or in a text why it cannot be.
    """

    def __init__(
        self,
        news: News,
        bench: Bench,
        worker: Worker,
        loader: Loader,
        kernels: Kernels,
        look_for: Callable[[], Network | str],
        drawing: DrawingTime,
    ) -> None:
        self._news, self._bench, self._worker = news, bench, worker
        self._loader, self._kernels = loader, kernels
        self._look_for, self._drawing = look_for, drawing
        self.state: State = "idle"
        self.recipe = Recipe()
        self._kept: Kept | None = None  # the run that goes on, unless it is a new one
        self._epochs: int | None = None
        self._waiting: bool | None = None  # whether the run that waits for its data is to do a single batch
        self._estimator: Estimator | None = None
        self._arrived: list[Batch] = []
        self._latest: Batch | None = None
        self._pace, self._figures_pace = LookPace(), LookPace(seconds=FIGURES_SECONDS)

    # ---- commands

    def train(self, recipe: Recipe, single: bool) -> None:
        """Start a run; with `single`, pause it after its first batch. What prevents it is sent as a message."""
        if self.state == "idle":
            self._kept = None
            self._prepare(recipe, single)

    def resume_kept(self, kept: Kept, epochs: int | None) -> None:
        """Go on with a run of the store, to so many epochs in all if that is given."""
        if self.state == "idle":
            self._kept, self._epochs = kept, epochs
            self._prepare(kept.recipe, single=False)

    def _prepare(self, recipe: Recipe, single: bool) -> None:
        self.recipe = recipe
        self._set_state("preparing")
        self._loader.choose(recipe.data)
        self._news.data_changed.emit(self._loader.dataset)
        if self._loader.dataset is None:
            self._waiting = single
            self._news.phase.emit(f"Loading {recipe.data.title}…")
        else:
            self._begin(single)

    def pause(self) -> None:
        if self.state == "running":
            self._worker.pause()
            self._set_state("paused")
            self._tell_progress()

    def resume(self) -> None:
        if self.state == "paused":
            self._interrupt_clock()
            self._worker.resume()
            self._set_state("running")

    def single_step(self) -> None:
        """One batch more while paused; one batch and a pause from idle."""
        if self.state == "idle":
            self.train(self.recipe, single=True)
        elif self.state == "paused":
            self._interrupt_clock()
            self._worker.step()

    def stop(self) -> None:
        """End the run after the batch in hand; what it learned is kept."""
        if self._waiting is not None:
            self._waiting = None
            self._loader.abandon()
            self.finish(Ended("cancelled", "Stopped before the data was there.", 0, 0))
        elif self._kernels.holds(_WAITING):
            self._kernels.forget(_WAITING)
            self.finish(Ended("cancelled", "Stopped before the kernels were there.", 0, 0))
        elif self.state in {"preparing", "running", "paused"}:
            self._set_state("stopping")
            self._worker.ask("stop", self._bench.cancel)
            self._worker.resume()

    def change(self, setting: str, value: Any) -> None:
        """Change a setting of the run in progress as soon as it may."""
        self._worker.ask(f"change {setting}", lambda: self._bench.change(setting, value))

    def require(self, network: Network) -> None:
        """Have the kernels for training this network by the recipe; a GPU's are compiled where they run."""
        if self.recipe.device == CPU:
            self._kernels.require(network, self.recipe.batch_size, self.recipe.optimizer.name)

    def _begin(self, single: bool) -> None:
        found = self._look_for() if self._kept is None else self._kept.network
        if isinstance(found, str):
            self.finish(Ended("error", found, 0, 0))
            return
        self.require(found)
        if self._kernels.busy:
            self._news.phase.emit("Preparing kernels…")
            self._kernels.then(_WAITING, lambda: self._begin(single))
            return
        self._worker.run(self._items(found), single)

    def _items(self, network: Network) -> Callable[[], Generator[Any, None, None]]:
        """What makes the posts of the run that is to begin."""
        dataset, recipe, kept, epochs = self._loader.dataset, self.recipe, self._kept, self._epochs
        if kept is None:
            return lambda: self._bench.training(network, dataset, recipe)
        return lambda: self._bench.resuming(kept, dataset, epochs)

    # ---- what it waits for

    def data_loaded(self) -> bool:
        """The chosen data are there; whether a run waited for them."""
        if self._waiting is None:
            return False
        single, self._waiting = self._waiting, None
        self._begin(single)
        return True

    def data_failed(self, text: str) -> None:
        """The chosen data will not be there."""
        if self._waiting is not None:
            self._waiting = None
            self.finish(Ended("error", text, 0, 0))

    def kernels_progressed(self, progress: KernelProgress) -> None:
        if self._kernels.holds(_WAITING):
            self._news.phase.emit(f"Preparing kernels, {progress.left} to go…")

    # ---- what the compute thread posts

    def began(self, item: RunStarted) -> None:
        self._estimator, self._latest = Estimator(item.started), None
        self._news.run_started.emit(item)

    def note_batch(self, event: Batch, when: float) -> None:
        """Take a batch, to be told of with those that come with it."""
        if self.state == "preparing":
            self._set_state("paused" if self._worker.paused else "running")
        if self._estimator is not None:
            self._estimator.add_batch(event, when)
        self._arrived.append(event)

    def tell_batches(self) -> None:
        """Tell of the batches that have come, and at their own paces of progress and of the weights."""
        if not self._arrived:
            return
        arrived, self._arrived = self._arrived, []
        self._news.batches.emit(arrived)
        now, resting = time.monotonic(), self.state != "running"
        self._latest = arrived[-1]
        if resting or self._figures_pace.due(now, 0.0):
            self._tell_progress()
        if resting or self._pace.due(now, self._bench.view_seconds + self._drawing.seconds):
            self._tell_snapshot()

    def take(self, item: Reported) -> None:
        """Any other event of the run."""
        event: Event = item.event
        if isinstance(event, Epoch):
            if self._estimator is not None:
                self._estimator.add_epoch(event, item.when)
            self._news.epoch_ended.emit(event)
            if item.judged is not None:
                self._news.judged.emit(item.judged)
        elif isinstance(event, Changed):
            self._news.changed.emit(event)
        elif isinstance(event, Warned):
            self._news.message.emit(event.message, False)
        elif isinstance(event, Ended):
            self._tell_progress()
            self._tell_snapshot()
            self.finish(event)

    def finish(self, event: Ended) -> None:
        self._estimator = None
        self._set_state("idle")
        self._news.ended.emit(event)
        if event.reason == "error":
            self._news.message.emit(event.message, True)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._news.state_changed.emit(state)

    def _interrupt_clock(self) -> None:
        if self._estimator is not None:
            self._estimator.interrupt()

    def _tell_progress(self) -> None:
        if self._estimator is not None and self._latest is not None:
            self._news.progress.emit(self._estimator.progress(self._latest))

    def _tell_snapshot(self) -> None:
        self._drawing.begin()
        self._news.snapshot.emit(self._bench.info)
