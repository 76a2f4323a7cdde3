"""How long the GPU takes, by events on the stream of all calls; and work captured so that launching costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...kernels.cuda_jit import SIMULATED, cuda
from ...runtime.cuda import CudaBackend
from ...runtime.cuda_graph import StreamCapture
from ..rounds import repeated


class Clock:
    """Times work on a backend's stream."""

    def __init__(self, backend: CudaBackend) -> None:
        self._backend = backend
        self._capture: Any = None if SIMULATED else StreamCapture(backend.stream)

    def seconds(self, work: Callable[[], object], least: float) -> float:
        """Mean seconds of a call, repeated until all together last at least so long."""
        return repeated(work, least, self._elapsed)

    def graph(self, work: Callable[[], None]) -> Callable[[], None] | None:
        """A call that has the GPU do the same work as one graph; None under the simulator. `work` has run before."""
        if self._capture is None:
            return None
        try:
            self._capture.begin()
            work()
            graph = self._capture.end()
        except BaseException:
            self._capture.abandon()
            raise
        return lambda: self._capture.launch(graph)

    def _elapsed(self, work: Callable[[], object], count: int) -> float:
        """Seconds of so many calls."""
        if SIMULATED:
            return _by_the_wall(work, count)
        begin, end = cuda.event(), cuda.event()
        begin.record(self._backend.stream)
        for _ in range(count):
            work()
        end.record(self._backend.stream)
        end.synchronize()
        return float(cuda.event_elapsed_time(begin, end)) / 1000


def _by_the_wall(work: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        work()
    return time.perf_counter() - start
