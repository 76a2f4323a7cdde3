"""Requests whose answers may be on their way from a GPU, for which no run is held up."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from convscope.engine.runtime.glimpse import Glimpse

from .bench import Bench
from .worker import Worker

T = TypeVar("T")


class Arriving:
    """Has work done between two batches, as the worker does.

    What it finds may be a Glimpse: it is read in the first gap in which it is there, so a GPU goes on training
    meanwhile; while no run advances it is read at once. What a GPU spends on it nobody measures: the time until it is
    there, in which the GPU trained as well, counts as time of views, so that many of them do not hold a run up.
    """

    def __init__(self, bench: Bench, worker: Worker) -> None:
        self._bench, self._worker = bench, worker
        self._numbers = itertools.count()

    def request(self, kind: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """As `ComputeThread.request`. A newer request replaces one that waits to begin, but none that has begun."""

        def found(result: Any) -> None:
            if isinstance(result, Glimpse):
                asked = time.perf_counter()
                again = f"{kind}, begun {next(self._numbers)}"
                self._worker.request(again, lambda: self._there(result, asked), found)
            else:
                done(result)

        self._worker.request(kind, lambda: self._there(work(), time.perf_counter()), found)

    def _there(self, result: Any, asked: float) -> Any:
        """What a glimpse shows, if nobody has to wait for it."""
        if not isinstance(result, Glimpse):
            return result
        self._bench.view_seconds += time.perf_counter() - asked
        if result.ready or not self._worker.advancing:
            return self._bench.look(lambda _: result.read())
        return result


def timed(look: Callable[[], Glimpse[T]]) -> Glimpse[tuple[T, float]]:
    """What a look finds, and the seconds from asking for it until it was read."""
    start = time.perf_counter()
    return look().then(lambda found: (found, time.perf_counter() - start))
