"""The one thread that runs kernels in a program with a window.

Numba's `workqueue` layer aborts the process when two threads run parallel kernels at once, and every layer slows
down. So a long job (a training run) and short requests (a live view) share one thread: the job is an iterator that is
advanced one item at a time, and waiting requests are served between items.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import threadpoolctl


class Exclusive:
    """Held by whoever runs kernels; may be entered again by the same thread.

    While it is held, NumPy's and SciPy's own thread pools are limited to one thread: after a product OpenBLAS's idle
    threads go on spinning, and on a machine with few cores the kernels then run several times slower.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._limited: list[tuple[threadpoolctl.LibController, int]] = []
        self._pools: list[threadpoolctl.LibController] | None = None

    def __enter__(self) -> Exclusive:
        self._lock.acquire()
        self._depth += 1
        if self._depth == 1:
            self._limit()
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            for pool, before in self._limited:
                pool.set_num_threads(before)
            self._limited.clear()
        self._lock.release()

    @property
    def pools(self) -> list[threadpoolctl.LibController]:
        """The thread pools for linear algebra of the libraries loaded when kernels first ran."""
        if self._pools is None:
            every = threadpoolctl.ThreadpoolController()
            self._pools = every.select(user_api="blas").lib_controllers
        return self._pools

    def _limit(self) -> None:
        """One thread each. `ThreadpoolController.limit` does the same in 10 µs, as long as a small layer takes."""
        for pool in self.pools:
            before = pool.get_num_threads()
            if before != 1:
                pool.set_num_threads(1)
                self._limited.append((pool, before))


exclusive = Exclusive()
"""The owner of the processor. Scripts run kernels on their own thread; this keeps two such threads apart."""


@dataclass(frozen=True)
class Request:
    """A short piece of work; `done` receives its result or the exception it raised, on the compute thread."""

    kind: str
    work: Callable[[], Any]
    done: Callable[[Any], None]


class ComputeThread:
    """Runs one long job and any number of short requests, never two at once.

    A newer request replaces a waiting one of the same kind. `close()` ends the thread after the item in hand. A thread
    that never runs `kernels` need not wait for those that do.
    """

    def __init__(self, name: str = "convscope-compute", kernels: bool = True) -> None:
        self._owning: AbstractContextManager[Any] = exclusive if kernels else nullcontext()
        self._ready = threading.Condition()
        self._waiting: dict[str, Request] = {}
        self._job: Iterator[Any] | None = None
        self._report: Callable[[Any], None] = lambda item: None
        self._paused = False
        self._single_steps = 0
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    # ---- called from any thread

    def request(self, kind: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run `work` as soon as the item in hand is done, and hand its result to `done`."""
        with self._ready:
            if not self._closing:
                self._waiting[kind] = Request(kind, work, done)
                self._ready.notify()

    def start(self, job: Iterator[Any], report: Callable[[Any], None], paused: bool = False) -> None:
        """Advance `job` item by item, handing each to `report`. RuntimeError while another job runs."""
        with self._ready:
            if self._job is not None:
                raise RuntimeError("a job is running; stop it first")
            self._job, self._report, self._paused, self._single_steps = job, report, paused, 0
            self._ready.notify()

    def pause(self) -> None:
        with self._ready:
            self._paused = True

    def resume(self) -> None:
        with self._ready:
            self._paused, self._single_steps = False, 0
            self._ready.notify()

    def step(self) -> None:
        """Advance a paused job by one item."""
        with self._ready:
            self._single_steps += 1
            self._ready.notify()

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def busy(self) -> bool:
        """Whether a job is under way, paused or not."""
        return self._job is not None

    def close(self, timeout: float = 30.0) -> bool:
        """Drop what waits, finish the item in hand, end the thread. False if it did not end in time."""
        with self._ready:
            self._closing = True
            self._waiting.clear()
            self._ready.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # ---- on the compute thread

    def _may_advance(self) -> bool:
        return self._job is not None and (not self._paused or self._single_steps > 0)

    def _next(self) -> tuple[list[Request], Iterator[Any] | None]:
        """Block until there is work; the waiting requests and, if it may go on, the job."""
        with self._ready:
            self._ready.wait_for(lambda: self._closing or self._waiting or self._may_advance())
            requests = list(self._waiting.values())
            self._waiting.clear()
            if not self._may_advance():
                return requests, None
            self._single_steps = max(self._single_steps - 1, 0)
            return requests, self._job

    def _loop(self) -> None:
        while not self._closing:
            requests, job = self._next()
            for request in requests:
                self._serve(request)
            if job is not None and not self._closing:
                self._advance(job)
        self._drop()

    def _serve(self, request: Request) -> None:
        try:
            with self._owning:
                result = request.work()
        except Exception as error:
            result = error
        request.done(result)

    def _drop(self) -> None:
        """Let a job that is not finished end where it is."""
        end = getattr(self._job, "close", None)
        self._job = None
        if end is not None:
            with self._owning:
                end()

    def _advance(self, job: Iterator[Any]) -> None:
        try:
            with self._owning:
                item = next(job)
        except StopIteration:
            self._job = None
            return
        except Exception as error:
            self._job = None
            item = error
        self._report(item)
