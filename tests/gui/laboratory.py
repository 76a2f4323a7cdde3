"""What the tests of training share: a session with the engine behind it, and one whose engine is scripted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from convscope.engine import zoo
from convscope.engine.data.dataset import DataError, Dataset
from convscope.engine.train.events import Batch, Ended, Epoch, Event, Started
from convscope.gui.models.document import Document
from convscope.gui.work.recipe import DataChoice, Recipe
from convscope.gui.work.session import Session

PATIENCE = 240_000  # milliseconds; kernels may have to be compiled first
LONG = Recipe(epochs=2000)
SHORT = Recipe(epochs=2)


@dataclass
class Log:
    """Everything a session says, in order."""

    states: list[str] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)
    messages: list[tuple[str, bool]] = field(default_factory=list)

    @classmethod
    def of(cls, session: Session) -> Log:
        log = cls()
        session.state_changed.connect(log.states.append)
        session.batches.connect(log.batches.extend)
        session.epoch_ended.connect(log.epochs.append)
        session.changed.connect(log.changes.append)
        session.ended.connect(log.ends.append)
        session.message.connect(lambda text, error: log.messages.append((text, error)))
        return log


class Laboratory:
    """A document with lenet5, its session, and what the session said."""

    def __init__(self, qtbot: Any, toolkit: Any = None) -> None:
        self.qtbot = qtbot
        self.document = Document(zoo.lenet5())
        self.toolkit = toolkit
        self.session = Session(self.document, toolkit)
        self.log = Log.of(self.session)

    def train(self, recipe: Recipe, batches: int = 1) -> None:
        """Start a run and wait for so many of its batches."""
        done, ended = len(self.log.batches), len(self.log.ends)
        self.session.train(recipe)
        self.until(lambda: len(self.log.batches) >= done + batches or len(self.log.ends) > ended)
        assert all(end.reason != "error" for end in self.log.ends[ended:]), self.log.ends

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def until_idle(self) -> None:
        self.until(lambda: self.session.state == "idle")

    def rest(self) -> None:
        """Wait until the batch in hand is done and has been told of, after a pause."""
        self.ask(lambda model: None)

    def see(self, widget: Any, width: int = 640, height: int = 480) -> Any:
        """Show a widget as the user sees it."""
        self.qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        self.qtbot.waitExposed(widget)
        return widget

    def ask(self, work: Any) -> Any:
        """The result of work on the model, from the compute thread."""
        results: list[Any] = []
        self.session.request("test", work, results.append)
        self.until(lambda: bool(results))
        return results[0]


def convscope_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("convscope")]


@pytest.fixture(name="lab")
def lab_fixture(qtbot: Any) -> Iterator[Laboratory]:
    """A laboratory with the real engine; it is closed afterwards and leaves no thread."""
    laboratory = Laboratory(qtbot)
    yield laboratory
    assert laboratory.session.close(PATIENCE / 1000)
    assert convscope_threads() == []


@pytest.fixture(name="scripted")
def scripted_fixture(qtbot: Any) -> Iterator[Laboratory]:
    """A laboratory whose data and runs come from a script, for what the real engine does not do on demand."""
    laboratory = Laboratory(qtbot, Script())
    yield laboratory
    laboratory.toolkit.gate.set()
    assert laboratory.session.close(PATIENCE / 1000)
    assert convscope_threads() == []


def small_data(name: str = "digits") -> Dataset:
    """Sixteen grey images of 28×28 in ten classes."""
    images = np.random.default_rng(0).integers(0, 256, (16, 28, 28, 1), dtype=np.uint8)
    labels = np.arange(16, dtype=np.int64) % 10
    return Dataset(name, images, labels, images[:4], labels[:4], tuple("0123456789"))


class Script:
    """A toolkit: data that may fail or wait at a gate, and runs of a given length that may fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.failing_data: str | None = None
        self.failing_run: Exception | None = None
        self.epochs, self.batches = 2, 5
        self.kernels_lacking: int | Exception = 0

    def present(self, choice: DataChoice) -> bool:
        return choice.name != "mnist"

    def load(self, choice: DataChoice, told: Any) -> Dataset:
        while not self.gate.wait(0.01):
            told("Downloading images.gz", 1_000_000, 4_000_000)
        if self.failing_data:
            raise DataError(self.failing_data)
        return small_data(choice.name)

    def build(self, network: Any, dataset: Any, recipe: Recipe) -> Any:
        class Model:
            classes = ()

        Model.network = network
        return Model()

    def moved(self, model: Any, device: str) -> Any:
        return model

    def lacking(self, network: Any, batch_size: int, optimizer: str) -> int:
        if isinstance(self.kernels_lacking, Exception):
            raise self.kernels_lacking
        return self.kernels_lacking

    def fit(self, model: Any, dataset: Any, recipe: Recipe) -> Iterator[Event]:
        yield Started("lenet5", "digits", 1, 16, 4, self.epochs, 4, self.batches, 0.1, "cpu", 0)
        for step in range(self.epochs * self.batches):
            if self.failing_run and step == 3:
                raise self.failing_run
            epoch, batch = divmod(step, self.batches)
            yield Batch(epoch + 1, batch + 1, self.batches, step + 1, 1 / (step + 1), 0.5, 0.1, 100.0)
            if batch + 1 == self.batches:
                yield Epoch(epoch + 1, 0.5, 0.5, 0.6, 0.4, 100.0, 1.0, 0.1)
        yield Ended("completed", "Completed.", self.epochs, self.epochs * self.batches)

    def open(self, path: Any) -> Any:
        raise DataError(f"{path} is damaged; train it again.")

    def save(self, model: Any, path: Any) -> None:
        raise OSError("the disk is full")
