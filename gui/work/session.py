"""The laboratory behind the window: data set, model and training run, off the GUI thread.

Everything here is called on the GUI thread and returns at once. The compute thread builds models, trains, and serves
views between two batches; the loader reads and downloads data. Both answer through an inbox, at display rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial, singledispatchmethod
from typing import Any

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

from convscope.engine.graph.network import Network
from convscope.engine.runtime.devices import CPU
from convscope.engine.train.events import Batch, Ended

from ..models.pins import Pins
from .bench import Bench
from .checks import Fault, faults
from .device import ChosenDevice
from .filming import Filming
from .inbox import Inbox
from .kept import Kept
from .kernels import Kernels
from .loader import Loader
from .looking import Explanation, Wish
from .news import News
from .pace import DrawingTime
from .posts import DataLost, Failed, Lacking, ModelInfo, Phase, Reply, Reported, RunStarted, Saved, Transferred
from .recipe import Recipe
from .running import Running, State
from .shelf import Shelf
from .slices import Slices
from .step_looks import StepLooks
from .toolkit import EngineToolkit, Toolkit
from .viewing import Viewing
from .worker import Worker

SETTLE_MS = 120  # an edited network is taken up once no edit has come for this long


class Session(News):
    """Trains the document's network and lets views look at the model; the window never waits for it."""

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
        self._drawing = DrawingTime(self)
        self._run = Running(self, self._bench, self._worker, self._loader, self._kernels, self._to_train, self._drawing)
        self._views = Viewing(self._bench, self._worker, self._aside, self._kernels)
        self.runs = Shelf(self.consider, self)
        self.device = ChosenDevice(self.consider, self)
        self.device.changed.connect(self._follow_device)
        self.state_changed.connect(self._follow_device)
        self.film = Filming(self, self._bench, self._views, Pins(self))
        self._kernels.progressed.connect(self._run.kernels_progressed)
        self._kernels.failed.connect(self._kernels_failed)
        self.snapshot.connect(self._note_snapshot)
        self._info: ModelInfo | None = None
        self._closed = self._held = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._take_up_network)
        document.changed.connect(self._settle.start)
        document.replaced.connect(self._network_replaced)

    # ---- reading

    @property
    def state(self) -> State:
        return self._run.state

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
        return self._run.recipe

    def faults(self) -> list[Fault]:
        """What keeps the document's network from being trained on the chosen data."""
        return faults(self._document.network, self.recipe.data, self._loader.dataset)

    def continues(self) -> bool:
        """Whether a run would go on with weights that have been trained, rather than start with new ones."""
        info, recipe, loaded = self._info, self.recipe, self._loader.dataset
        data = recipe.data.what if loaded is None else loaded.name
        return info is not None and info.trained and info.serves(self._document.network, data, recipe)

    # ---- the run

    def plan(self, recipe: Recipe) -> None:
        """Take note of what will be trained: load its data, if that needs no download, and show its first weights."""
        self._run.recipe = self._placed(recipe)
        if self.state != "idle":
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
        self.device.begin()
        self._kernels.turn_on()
        if self._info is not None:
            self._run.require(self._info.network)

    def hold(self) -> None:
        """Neither load data nor build a model yet: that would hold up a window that is not on the screen."""
        self._held = True
        self._loader.hold()

    def release(self) -> None:
        """Load the data that are planned to be trained on, and show the first weights."""
        self._held = False
        self._loader.release()
        self._settle.start()

    def load_data(self) -> None:
        """Load the chosen data, by a download if need be."""
        self._loader.choose(self.recipe.data)
        self.data_changed.emit(self._loader.dataset)

    def train(self, recipe: Recipe, single: bool = False) -> None:
        """Start a run; with `single`, pause it after its first batch. What prevents it is sent as a message."""
        self._run.train(self._placed(recipe), single)

    def pause(self) -> None:
        self._run.pause()

    def resume(self) -> None:
        self._run.resume()

    def single_step(self) -> None:
        """One batch more while paused; one batch and a pause from idle."""
        self._run.single_step()

    def stop(self) -> None:
        """End the run after the batch in hand; what it learned is kept."""
        self._run.stop()

    def change(self, setting: str, value: Any) -> None:
        """Change a setting of the run in progress as soon as it may; names are those of `TrainRun.change`."""
        self._run.change(setting, value)

    def resume_kept(
        self,
        run: str,
        checkpoint: str | int = "last",
        epochs: int | None = None,
        may: Callable[[Kept], bool] = lambda kept: True,
    ) -> None:
        """Go on with a run of the store, to so many epochs in all if that is given.

        Once it has been read, `may` says whether it is still to go on; then `restored` is sent, so that the window can
        show its network and recipe.
        """

        def begin(found: Any) -> None:
            if isinstance(found, Kept):
                recipe = replace(self._placed(found.recipe), epochs=epochs or found.recipe.epochs)
                kept = replace(found, recipe=recipe)
                if may(kept) and self.state == "idle":
                    self.restored.emit(kept)
                    self._run.resume_kept(kept, epochs)
            else:
                self.message.emit(Failed(found).text, True)

        if self.state == "idle":
            self.consider("resume", lambda: self._toolkit.find(run, checkpoint), begin)

    def start_over(self) -> None:
        """Give the model new initial weights; only while no run is on."""
        if self.state == "idle":
            self._provide(fresh=True)

    # ---- models and views

    def request(
        self, kind: str, work: Callable[[Any], Any], callback: Callable[[Any], None], computes: bool = True
    ) -> None:
        """Run `work(model)` on the compute thread between two batches and hand its result to `callback` here.

        A newer request replaces a waiting one of the same kind. The result is None while there is no model, and the
        exception itself when `work` raised one. `work` must return copies: the model goes on learning. It may return a
        `Glimpse`, whose content is the result: on a GPU training goes on until that is there. Work that `computes`
        nothing, but reads, does not wait for kernels that are being prepared.
        """
        self._views.request(kind, work, callback, computes)

    def compute(self, kind: str, work: Callable[[], Any], callback: Callable[[Any], None]) -> None:
        """As `request`, for work with kernels that needs no model, such as that of lessons."""
        self._views.compute(kind, work, callback)

    def consider(self, kind: str, work: Callable[[], Any], callback: Callable[[Any], None]) -> None:
        """As `request`, for work with neither model nor kernels that takes long enough to be felt in the window.

        It has a thread of its own, so that it never waits for a batch or for a large model to be built.
        """
        self._views.consider(kind, work, callback)

    def explain(self, wish: Wish, callback: Callable[[Any], None]) -> Explanation:
        """Look inside the model; `callback` gets Progress at display rate, or the exception that ended it."""
        return self._views.explain(wish, callback)

    def slice(self, kind: str, steps: Callable[[Any], Iterator[Any]], callback: Callable[[Any], None]) -> Slices:
        """Take `steps(model)` a little at a time between two batches, on a copy of the model as it is now."""
        return self._views.slice(kind, steps, callback)

    def step_looks(self, callback: Callable[[Any], None]) -> StepLooks:
        """Looks at what single steps of a run do; `callback` gets `train.internals.StepFacts`."""
        return self._views.step_looks(callback)

    def open_model(self, path: str) -> None:
        """Read a model file; then `opened` and `model_changed` are sent, or an error message."""
        if self.state != "idle":
            self.message.emit("Stop the training before opening a model.", True)
            return
        self._worker.ask("open", lambda: self._bench.open(str(path), self.device.name), lambda info: info)

    def transfer(self, path: str, freeze: Any, cut: str | None = None) -> None:
        """Take the layers of a model file, or of the model at hand (""), with a new head for the data; only while idle.

        `freeze` and `cut` are as in `train.transfer`. Then `transferred` and `model_changed` are sent, or an error
        message.
        """
        dataset, seed = self._loader.dataset, self.recipe.seed
        if self.state == "idle" and dataset is not None:
            work = partial(self._bench.transfer, path, dataset, freeze, seed, cut)
            self._worker.ask("open", work, lambda found: found)

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

    def _to_train(self) -> Network | str:
        """A copy of the document's network, or why it cannot be trained."""
        reasons = self.faults()
        return " ".join(map(str, reasons)) if reasons else self._document.network.copy()

    def _take_up_network(self, discard: bool = False) -> None:
        """Show the document's network with the weights it would start with; trained weights stay unless `discard`."""
        trained = self._info is not None and self._info.trained
        if self.state == "idle" and (discard or not trained):
            self._provide()

    def _placed(self, recipe: Recipe) -> Recipe:
        """The recipe on the device that is chosen."""
        return replace(recipe, device=self.device.name)

    def _follow_device(self, _cause: str) -> None:
        """Have the model on the chosen device; a run that is on stays where it is, and this happens behind it."""
        name = self.device.name
        if self.state != "idle" or self._info is None or self._info.device == name:
            return
        self._run.recipe = self._placed(self.recipe)
        self._worker.ask("device", lambda: self._bench.move(name), lambda info: info)

    def _network_replaced(self) -> None:
        self._take_up_network(discard=True)

    def _provide(self, fresh: bool = False) -> None:
        if self._held or self._document.network.errors():
            return
        network, dataset, recipe = self._document.network.copy(), self._loader.dataset, self.recipe
        known = -1 if self._info is None else self._info.serial
        work = partial(self._bench.provide, network, dataset, recipe, fresh, known)
        self._worker.ask("model", work, lambda info: info)

    def _data_loaded(self, dataset: Any) -> None:
        self.data_changed.emit(dataset)
        if not self._run.data_loaded():
            self._take_up_network()

    def _data_failed(self, text: str) -> None:
        self.data_failed.emit(text)
        self._run.data_failed(text)

    def _kernels_failed(self, reason: str) -> None:
        self.message.emit(f"Kernels are compiled when they are first needed ({reason}).", False)

    def _note_snapshot(self, info: ModelInfo) -> None:
        self._note(info)

    def _note(self, info: ModelInfo) -> None:
        """Know this of the model from now on."""
        moved = (CPU if self._info is None else self._info.device) != info.device
        self._info = info
        if moved:
            self.device_changed.emit(info.device)

    # ---- what the other threads post

    def _receive(self, items: list[Any]) -> None:
        for item in items:
            if isinstance(item, Reported) and isinstance(item.event, Batch):
                self._run.note_batch(item.event, item.when)
            else:
                self._run.tell_batches()
                self._take(item)
        self._run.tell_batches()

    @singledispatchmethod
    def _take(self, item: Any) -> None:
        raise TypeError(f"nobody takes {item!r}")

    @_take.register
    def _(self, item: RunStarted) -> None:
        self._run.began(item)

    @_take.register
    def _(self, item: Reported) -> None:
        self._run.take(item)

    @_take.register
    def _(self, item: Transferred) -> None:
        self._note(item.info)
        self._run.require(item.info.network)
        self.transferred.emit(item.info.network.copy(), item.frozen)
        self.model_changed.emit(item.info)

    @_take.register
    def _(self, item: DataLost) -> None:
        self._loader.lose()
        self.data_changed.emit(None)
        self.data_failed.emit(item.text)

    @_take.register
    def _(self, item: Phase) -> None:
        self.phase.emit(item.text)

    @_take.register
    def _(self, item: ModelInfo) -> None:
        new = self._info is None or self._info.serial != item.serial
        self._note(item)
        if not new:
            return
        self._run.require(item.network)
        if item.path:
            network: Network = item.network.copy()
            self.opened.emit(network, item.path)
        self.model_changed.emit(item)

    @_take.register
    def _(self, item: Reply) -> None:
        owner = getattr(item.callback, "__self__", None)
        if not isinstance(owner, QObject) or isValid(owner):
            self._drawing.begin()
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
            self._run.finish(Ended("error", item.text, 0, 0))
        else:
            self.message.emit(item.text, True)
