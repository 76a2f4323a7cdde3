"""A step's launches captured as one CUDA graph, which is launched in a hundredth of the time that they take one by one.

What is captured must neither allocate, nor copy to or from the host, nor wait: only launch kernels whose arguments stay
the same. Numbers that change (learning rate, step count, seed) lie in the GPU's memory and are sent before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Protocol
from weakref import finalize

from ..kernels.cuda_jit import SIMULATED, cuda
from .cuda_errors import is_lost, name_of

SETTING = "CONVSCOPE_CUDA_GRAPH"
"""The environment's variable that forbids graphs, if it is "0"."""

_MOST = 4
"""Graphs kept: a run has one for full batches and one for what is left at an epoch's end."""


class Capture(Protocol):
    """What the driver offers."""

    def begin(self) -> None:
        """From here on launches are noted and not run."""

    def end(self) -> Any:
        """Run launches again from here on; what was noted, ready to be launched."""

    def abandon(self) -> None:
        """As `end`, with what was noted dropped; also after an error, and where nothing was begun."""

    def launch(self, graph: Any) -> None:
        """Have all that was noted run, in order, behind what the stream has to do already."""

    def drop(self, graph: Any) -> None:
        """Free it."""


class Graphs:
    """Runs work that is repeated: plainly the first time, which compiles kernels and brings their tables to the GPU;
    then captured as a graph, which is launched from then on. Where capturing fails it goes on plainly, and says so.
    """

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._graphs: dict[Hashable, Any] = {}  # … or None, where the work was done plainly once
        self._notice = ""
        self._plainly = False
        finalize(self, _drop_all, self._graphs, capture).atexit = False  # then the driver has gone already

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        if self._plainly:
            work()
        elif key not in self._graphs:
            self._make_room()
            work()
            self._graphs[key] = None
        elif self._graphs[key] is not None or self._captured(key, work):
            self._capture.launch(self._graphs[key])
        else:
            work()

    def notice(self) -> str:
        notice, self._notice = self._notice, ""
        return notice

    def _make_room(self) -> None:
        """Drop the oldest graph where there are many: its buffers may be gone."""
        while len(self._graphs) >= _MOST:
            graph = self._graphs.pop(next(iter(self._graphs)))
            if graph is not None:
                self._capture.drop(graph)

    def _captured(self, key: Hashable, work: Callable[[], None]) -> bool:
        """Whether the work is a graph now."""
        try:
            self._capture.begin()
            work()
            self._graphs[key] = self._capture.end()
        except Exception as error:  # the driver's, or what it makes of a call that cannot be captured
            self._capture.abandon()
            if is_lost(error):
                raise
            self._plainly = True
            reason = name_of(error) or f"{type(error).__name__}: {error}"
            self._notice = f"Steps are launched kernel by kernel, which takes longer: no graph was made ({reason})."
            return False
        return True


def _drop_all(graphs: dict[Hashable, Any], capture: Capture) -> None:
    for graph in graphs.values():
        if graph is not None:
            capture.drop(graph)


class StreamCapture:
    """Captures what is launched on a stream, by the CUDA driver's API; `errors` says what its errors become."""

    def __init__(self, stream: Any, errors: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._stream, self._errors = stream, errors
        self._driver = cuda.cudadrv.driver.driver
        self._deferring: AbstractContextManager[Any] = nullcontext()

    def begin(self) -> None:
        context = cuda.current_context()
        # what Python drops meanwhile is freed afterwards: freeing memory ends a capture with an error
        self._deferring = context.defer_cleanup()
        self._deferring.__enter__()
        from cuda.bindings import driver as bindings  # comes with numba-cuda  # noqa: PLC0415

        # other threads may go on with what they do: none of them uses this stream
        mode = bindings.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
        with self._errors():
            self._driver.cuStreamBeginCapture(self._stream.handle, mode)

    def end(self) -> Any:
        with self._errors():
            noted = self._driver.cuStreamEndCapture(self._stream.handle)
            self._stop_deferring()
            try:
                return self._driver.cuGraphInstantiate(noted, 0)
            finally:
                self._driver.cuGraphDestroy(noted)

    def abandon(self) -> None:
        with suppress(Exception):  # a broken capture gives no graph, but the error that we know
            self._driver.cuStreamEndCapture(self._stream.handle)
        self._stop_deferring()

    def launch(self, graph: Any) -> None:
        with self._errors():
            self._driver.cuGraphLaunch(graph, self._stream.handle)

    def drop(self, graph: Any) -> None:
        self._driver.cuGraphExecDestroy(graph)  # once it is no longer running

    def _stop_deferring(self) -> None:
        deferring, self._deferring = self._deferring, nullcontext()
        deferring.__exit__(None, None, None)


def wanted() -> bool:
    """Whether graphs are to be made: on a GPU, unless the environment forbids them."""
    return not SIMULATED and os.environ.get(SETTING, "") != "0"
