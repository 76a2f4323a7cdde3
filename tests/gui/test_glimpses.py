"""What views ask of a model on a GPU is read when it has come, and a run goes on until then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from convscope.engine.runtime.glimpse import Glimpse
from convscope.gui.work.arriving import Arriving, timed
from convscope.gui.work.bench import Bench
from convscope.gui.work.worker import Worker

from .laboratory import Script


class Copy:
    """An array on its way from a GPU, there when it has been asked after so often."""

    def __init__(self, asked_after: int) -> None:
        self.left, self.waited_for = asked_after, False

    def ready(self) -> bool:
        self.left -= 1
        return self.left < 0

    def synchronize(self) -> None:
        self.waited_for = self.left >= 0


@pytest.fixture(name="worker")
def worker_fixture() -> Iterator[Worker]:
    worker = Worker(lambda item: None)
    yield worker
    assert worker.close()


def view(worker: Worker) -> tuple[Arriving, Bench]:
    bench = Bench(Script())
    bench.model = object()
    return Arriving(bench, worker), bench


def test_batches_are_trained_until_a_glimpse_is_there(worker: Worker, qtbot: Any) -> None:
    (arriving, bench), copy = view(worker), Copy(3)
    done: list[int] = []
    told: list[Any] = []

    def tell(found: Any) -> None:
        told.append((found, done[-1]))

    def run() -> Iterator[int]:
        for batch in range(8):
            if batch == 1:  # served in the gap behind this batch
                for _ in range(2):  # the second takes the place of the first, which has not begun
                    arriving.request("view", lambda: Glimpse((copy,), lambda: "seen"), tell)
            if batch == 2:  # begun while the other one is on its way
                arriving.request("view", lambda: Glimpse.there("again"), tell)
            done.append(batch)
            time.sleep(0.01)
            yield batch

    worker.start(run(), lambda item: None)
    qtbot.waitUntil(lambda: not worker.busy)
    assert told == [("again", 2), ("seen", 4)]
    assert not copy.waited_for
    assert bench.view_seconds > 0.02  # the batches meanwhile


def test_without_a_run_a_glimpse_is_waited_for(worker: Worker, qtbot: Any) -> None:
    copy, told = Copy(1000), []
    view(worker)[0].request("view", lambda: Glimpse((copy,), lambda: "seen"), told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert (told, copy.waited_for) == (["seen"], True)


def test_what_making_or_reading_raises_is_the_answer(worker: Worker, qtbot: Any) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("no picture")

    (arriving, _), told = view(worker), []
    arriving.request("asked", fail, told.append)
    arriving.request("read", lambda: Glimpse.there(1).then(fail), told.append)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert all(isinstance(found, ValueError) for found in told)


def test_a_look_takes_the_time_from_asking_to_reading() -> None:
    copy = Copy(0)
    found, seconds = timed(lambda: Glimpse((copy,), lambda: sum(range(100_000)))).read()
    assert found == sum(range(100_000))
    assert 0 < seconds < 10
