"""The laboratory behind the window: data set, model and training run, off the GUI thread.

Everything here is called on the GUI thread and returns at once. The compute thread builds models, trains, and serves
views between two batches; the loader reads and downloads data. Both answer through an inbox, at display rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from convscope.engine.graph.network import Network
from convscope.engine.train.events import Batch, Changed, Ended, Epoch, Event, Warned

from .bench import Bench
from .checks import Fault, faults
from .inbox import Inbox
from .kernels import KernelProgress, Kernels
from .loader import Loader
from .looking import KIND as EXPLANATION
from .looking import Explanation, Wish
from .pace import LookPace
from .posts import Failed, Lacking, ModelInfo, Phase, Reply, Reported, RunStarted, Saved
from .progress import Estimator
from .recipe import Recipe
from .toolkit import EngineToolkit, Toolkit
from .worker import Worker

State = Literal["idle", "preparing", "running", "paused", "stopping"]

_RUN = "run"  # what waits for kernels under this name is the run; views' kinds are the others
SETTLE_MS = 120  # an edited network is taken up once no edit has come for this long


class Session(QObject):
    """Trains the document's network and lets views look at the model; the window never waits for it."""

    state_changed = Signal(str)  # idle, preparing, running, paused or stopping
    run_started = Signal(object)  # RunStarted
    batches = Signal(list)  # list of Batch: all since the last time, in order
    progress = Signal(object)  # Progress; ten times a second at most, and when the run rests
    changed = Signal(object)  # Changed: a setting was changed while the run went on
    epoch_ended = Signal(object)  # Epoch
    ended = Signal(object)  # Ended; the last of a run, always sent
    model_changed = Signal(object)  # ModelInfo: there is another model to look at
    snapshot = Signal(object)  # ModelInfo: its weights have moved; ten times a second at most, and when the run rests
    data_changed = Signal(object)  # the data set that is there now, or None
    data_progress = Signal(object)  # DataProgress, while files are downloaded or read
    data_failed = Signal(str)  # why the chosen data set is not there
    opened = Signal(object, str)  # the Network of a model file that was read, and its path
    saved = Signal(str)  # the path of a model file that was written
    phase = Signal(str)  # what is being prepared while the state is "preparing"
    message = Signal(str, bool)  # a line for people; True for an error

    def __init__(self, document: Any, toolkit: Toolkit | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        toolkit = toolkit or EngineToolkit()
        self._document = document
        self._toolkit = toolkit
        self._bench = Bench(toolkit)
        self._inbox = Inbox(self)
        self._inbox.drained.connect(self._receive)
        self._loader = Loader(toolkit, self)
        self._loader.progressed.connect(self.data_progress)
        self._loader.loaded.connect(self._data_loaded)
        self._loader.failed.connect(self._data_failed)
        self._worker = Worker(self._inbox.post)
        self._aside = Worker(self._inbox.post, "convscope-aside", kernels=False)
        self._kernels = Kernels(toolkit, self._worker, self)
        self._kernels.progressed.connect(self._tell_kernels)
        self._kernels.failed.connect(self._kernels_failed)
        self._state: State = "idle"
        self._recipe = Recipe()
        self._info: ModelInfo | None = None
        self._waiting: bool | None = None  # whether the run that waits for its data is to do a single batch
        self._estimator: Estimator | None = None
        self._arrived: list[Batch] = []
        self._latest: Batch | None = None
        self._pace, self._figures_pace = LookPace(), LookPace()
        self._closed = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._take_up_network)
        document.changed.connect(self._settle.start)
        document.replaced.connect(self._network_replaced)

    # ---- reading

    @property
    def state(self) -> State:
        return self._state

    @property
    def document(self) -> Any:
        """The document whose network is trained."""
        return self._document

    @property
    def dataset(self) -> Any:
        """The data set that is there, or None."""
        return self._loader.dataset

    @property
    def loading(self) -> bool:
        """Whether the chosen data are on their way."""
        return self._loader.loading

    @property
    def kernels(self) -> Kernels:
        """What sees to it that kernels are compiled outside this process."""
        return self._kernels

    @property
    def model_info(self) -> ModelInfo | None:
        """What is known of the model, or None before the first one is built."""
        return self._info

    @property
    def recipe(self) -> Recipe:
        return self._recipe

    def faults(self) -> list[Fault]:
        """What keeps the document's network from being trained on the chosen data."""
        return faults(self._document.network, self._recipe.data, self._loader.dataset)

    def continues(self) -> bool:
        """Whether a run would go on with weights that have been trained, rather than start with new ones."""
        info, recipe, loaded = self._info, self._recipe, self._loader.dataset
        data = recipe.data.what if loaded is None else loaded.name
        return info is not None and info.trained and info.serves(self._document.network, data, recipe.seed)

    # ---- the run

    def plan(self, recipe: Recipe) -> None:
        """Take note of what will be trained: load its data, if that needs no download, and show its first weights."""
        self._recipe = recipe
        if self._state != "idle":
            return
        if recipe.data != self._loader.choice:
            if self._toolkit.present(recipe.data):
                self._loader.choose(recipe.data)
            else:
                self._loader.wait_for(recipe.data)
            self.data_changed.emit(None)
        self._settle.start()

    def prepare_kernels(self) -> None:
        """From now on have kernels compiled by a process of their own; views and runs wait until theirs are there."""
        self._kernels.turn_on()
        if self._info is not None:
            self._require(self._info.network)

    def load_data(self) -> None:
        """Load the chosen data, by a download if need be."""
        self._loader.choose(self._recipe.data)
        self.data_changed.emit(self._loader.dataset)

    def train(self, recipe: Recipe, single: bool = False) -> None:
        """Start a run; with `single`, pause it after its first batch. What prevents it is sent as a message."""
        if self._state != "idle":
            return
        self._recipe = recipe
        self._set_state("preparing")
        self.load_data()
        if self._loader.dataset is None:
            self._waiting = single
            self.phase.emit(f"Loading {recipe.data.title}…")
        else:
            self._begin(single)

    def pause(self) -> None:
        if self._state == "running":
            self._worker.pause()
            self._set_state("paused")
            self._tell_progress()

    def resume(self) -> None:
        if self._state == "paused":
            self._interrupt_clock()
            self._worker.resume()
            self._set_state("running")

    def single_step(self) -> None:
        """One batch more while paused; one batch and a pause from idle."""
        if self._state == "idle":
            self.train(self._recipe, single=True)
        elif self._state == "paused":
            self._interrupt_clock()
            self._worker.step()

    def stop(self) -> None:
        """End the run after the batch in hand; what it learned is kept."""
        if self._waiting is not None:
            self._waiting = None
            self._loader.abandon()
            self._finish(Ended("cancelled", "Stopped before the data was there.", 0, 0))
        elif self._kernels.holds(_RUN):
            self._kernels.forget(_RUN)
            self._finish(Ended("cancelled", "Stopped before the kernels were there.", 0, 0))
        elif self._state in {"preparing", "running", "paused"}:
            self._set_state("stopping")
            self._worker.ask("stop", self._bench.cancel)
            self._worker.resume()

    def set_learning_rate(self, rate: float) -> None:
        """Change the learning rate of the run in progress, from its next batch on."""
        self._worker.ask("learning rate", lambda: self._bench.set_learning_rate(rate))

    def start_over(self) -> None:
        """Give the model new initial weights; only while no run is on."""
        if self._state == "idle":
            self._provide(fresh=True)

    # ---- models and views

    def request(
        self, kind: str, work: Callable[[Any], Any], callback: Callable[[Any], None], computes: bool = True
    ) -> None:
        """Run `work(model)` on the compute thread between two batches and hand its result to `callback` here.

        A newer request replaces a waiting one of the same kind. The result is None while there is no model, and the
        exception itself when `work` raised one. `work` must return copies: the model goes on learning. Work that
        `computes` nothing, but reads, does not wait for kernels that are being prepared.
        """
        if computes:
            self.compute(kind, lambda: self._bench.look(work), callback)
        else:
            self._look(kind, lambda: self._bench.look(work), callback)

    def compute(self, kind: str, work: Callable[[], Any], callback: Callable[[Any], None]) -> None:
        """As `request`, for work with kernels that needs no model, such as that of lessons."""
        self._kernels.then(kind, lambda: self._look(kind, work, callback))

    def consider(self, kind: str, work: Callable[[], Any], callback: Callable[[Any], None]) -> None:
        """As `request`, for work with neither model nor kernels that takes long enough to be felt in the window.

        It has a thread of its own, so that it never waits for a batch or for a large model to be built.
        """
        self._aside.look(kind, work, lambda result: Reply(callback, result))

    def explain(self, wish: Wish, callback: Callable[[Any], None]) -> Explanation:
        """Look inside the model; `callback` gets Progress at display rate, or the exception that ended it."""
        explanation = Explanation(wish, self._bench, self._worker, callback)
        self._kernels.then(EXPLANATION, explanation.begin)
        return explanation

    def open_model(self, path: str) -> None:
        """Read a model file; then `opened` and `model_changed` are sent, or an error message."""
        if self._state != "idle":
            self.message.emit("Stop the training before opening a model.", True)
            return
        self._worker.ask("open", lambda: self._bench.open(str(path)), lambda info: info)

    def save_model(self, path: str) -> None:
        """Write the model as it is after the batch in hand."""

        def write() -> Saved:
            self._bench.save(str(path))
            return Saved(str(path))

        self._worker.ask("save", write, lambda saved: saved)

    def close(self, timeout: float = 10.0) -> bool:
        """End the run within the batch in hand and all threads with it. False if one did not end in time."""
        if self._closed:
            return True
        self._closed = True
        self._settle.stop()
        self._kernels.close()
        self._inbox.close()
        ended = [self._worker.close(timeout), self._aside.close(timeout)]
        return self._loader.close() and all(ended)

    # ---- inside

    def _look(self, kind: str, work: Callable[[], Any], callback: Callable[[Any], None]) -> None:
        self._worker.look(f"view {kind}", work, lambda result: Reply(callback, result))

    def _begin(self, single: bool) -> None:
        if reasons := self.faults():
            self._finish(Ended("error", " ".join(map(str, reasons)), 0, 0))
            return
        network, dataset, recipe = self._document.network.copy(), self._loader.dataset, self._recipe
        self._require(network)
        if self._kernels.busy:
            self.phase.emit("Preparing kernels…")
            self._kernels.then(_RUN, lambda: self._begin(single))
            return
        self._worker.run(lambda: self._bench.training(network, dataset, recipe), single)

    def _require(self, network: Network) -> None:
        """Have the kernels for training this network by the recipe."""
        self._kernels.require(network, self._recipe.batch_size, self._recipe.optimizer.name)

    def _take_up_network(self, discard: bool = False) -> None:
        """Show the document's network with the weights it would start with; trained weights stay unless `discard`."""
        trained = self._info is not None and self._info.trained
        if self._state == "idle" and (discard or not trained):
            self._provide()

    def _network_replaced(self) -> None:
        self._take_up_network(discard=True)

    def _provide(self, fresh: bool = False) -> None:
        if self._document.network.errors():
            return
        network, dataset, seed = self._document.network.copy(), self._loader.dataset, self._recipe.seed
        self._worker.ask("model", lambda: self._bench.provide(network, dataset, seed, fresh), lambda info: info)

    def _data_loaded(self, dataset: Any) -> None:
        self.data_changed.emit(dataset)
        if self._waiting is not None:
            single, self._waiting = self._waiting, None
            self._begin(single)
        else:
            self._take_up_network()

    def _data_failed(self, text: str) -> None:
        self.data_failed.emit(text)
        if self._waiting is not None:
            self._waiting = None
            self._finish(Ended("error", text, 0, 0))

    def _tell_kernels(self, progress: KernelProgress) -> None:
        if self._kernels.holds(_RUN):
            self.phase.emit(f"Preparing kernels, {progress.left} to go…")

    def _kernels_failed(self, reason: str) -> None:
        self.message.emit(f"Kernels are compiled when they are first needed ({reason}).", False)

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _interrupt_clock(self) -> None:
        if self._estimator is not None:
            self._estimator.interrupt()

    def _finish(self, event: Ended) -> None:
        self._estimator = None
        self._set_state("idle")
        self.ended.emit(event)
        if event.reason == "error":
            self.message.emit(event.message, True)

    # ---- what the other threads post

    def _receive(self, items: list[Any]) -> None:
        for item in items:
            if isinstance(item, Reported) and isinstance(item.event, Batch):
                self._note_batch(item.event, item.when)
            else:
                self._tell_batches()
                self._take(item)
        self._tell_batches()

    def _note_batch(self, event: Batch, when: float) -> None:
        if self._state == "preparing":
            self._set_state("paused" if self._worker.paused else "running")
        if self._estimator is not None:
            self._estimator.add_batch(event, when)
        self._arrived.append(event)

    def _tell_batches(self) -> None:
        if not self._arrived:
            return
        arrived, self._arrived = self._arrived, []
        self.batches.emit(arrived)
        now, resting = time.monotonic(), self._state != "running"
        self._latest = arrived[-1]
        if resting or self._figures_pace.due(now, 0.0):
            self._tell_progress()
        if resting or self._pace.due(now, self._bench.view_seconds):
            self._tell_snapshot()

    def _tell_progress(self) -> None:
        if self._estimator is not None and self._latest is not None:
            self.progress.emit(self._estimator.progress(self._latest))

    def _tell_snapshot(self) -> None:
        self._info = self._bench.info
        self.snapshot.emit(self._info)

    @singledispatchmethod
    def _take(self, item: Any) -> None:
        raise TypeError(f"nobody takes {item!r}")

    @_take.register
    def _(self, item: RunStarted) -> None:
        self._estimator, self._latest = Estimator(item.started), None
        self.run_started.emit(item)

    @_take.register
    def _(self, item: Reported) -> None:
        event: Event = item.event
        if isinstance(event, Epoch):
            if self._estimator is not None:
                self._estimator.add_epoch(event, item.when)
            self.epoch_ended.emit(event)
        elif isinstance(event, Changed):
            self.changed.emit(event)
        elif isinstance(event, Warned):
            self.message.emit(event.message, False)
        elif isinstance(event, Ended):
            self._tell_progress()
            self._tell_snapshot()
            self._finish(event)

    @_take.register
    def _(self, item: Phase) -> None:
        self.phase.emit(item.text)

    @_take.register
    def _(self, item: ModelInfo) -> None:
        new = self._info is None or self._info.serial != item.serial
        self._info = item
        if not new:
            return
        self._require(item.network)
        if item.path:
            network: Network = item.network.copy()
            self.opened.emit(network, item.path)
        self.model_changed.emit(item)

    @_take.register
    def _(self, item: Reply) -> None:
        owner = getattr(item.callback, "__self__", None)
        if not isinstance(owner, QObject) or isValid(owner):
            item.callback(item.result)

    @_take.register
    def _(self, item: Lacking) -> None:
        self._kernels.answer(item)

    @_take.register
    def _(self, item: Saved) -> None:
        self.message.emit(f"Saved {item.path}.", False)
        self.saved.emit(item.path)

    @_take.register
    def _(self, item: Failed) -> None:
        if item.of_run:
            self._finish(Ended("error", item.text, 0, 0))
        else:
            self.message.emit(item.text, True)
