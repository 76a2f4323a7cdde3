"""A side of a comparison in a process of its own, with the threads, caches and settings it would have anywhere.

Two sides in one process would share what neither expects to: OpenMP's settings are read once, by whoever is loaded
first, and a library loaded by one is used by the other.
"""

from __future__ import annotations

import importlib
import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

from ..spec import ConvscopeError
from .cases import Arrays
from .rounds import timed

_PATIENCE = 5.0  # seconds a process is given to end by itself


@dataclass(frozen=True)
class Ready:
    """What can be run: each step's result, to be compared; and a line for each that had to be left out."""

    results: Arrays
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PassFacts:
    """How one pass is computed. `effective` says that it needs fewer operations than the direct sum."""

    algorithm: str
    effective: bool
    threads: int
    kernels: tuple[str, ...]


class OverdueError(ConvscopeError):
    """A side has not answered in the time it had."""


class Worker:
    """One side's own half: it lives in the process, prepares steps by name and times them."""

    def __init__(self) -> None:
        self.steps: dict[str, Callable[[], object]] = {}

    def run(self, name: str, seconds: float) -> float:
        """Mean seconds of a step over so long."""
        return timed(self.steps[name], seconds)


class Party:
    """The parent's half: starts the process that holds the `Worker` of a module, and calls its methods by name."""

    def __init__(self, title: str, module: str) -> None:
        self.title = title
        spawning = multiprocessing.get_context("spawn")  # a copy of this process would share its threads' state
        self._line, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_serve, args=(theirs, module), name=f"convscope-bench-{title}")
        self._process.start()
        theirs.close()

    @property
    def process(self) -> int:
        """The number the system knows it by."""
        number = self._process.pid
        assert number is not None  # it was started
        return number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._line.close()  # the other half reads an end of file, and ends
        if error is None:
            self._process.join(_PATIENCE)
        self._process.terminate()  # it may be in the middle of something long
        self._process.join()

    def ask(self, method: str, *arguments: Any, patience: float | None = None) -> Any:
        """What the worker's method returns; ConvscopeError if it raises one or the process has died.

        OverdueError if it takes longer than `patience` seconds; the process is then of no more use.
        """
        self.begin(method, *arguments)
        return self.answer(patience)

    def begin(self, method: str, *arguments: Any) -> None:
        """Have the worker's method run meanwhile; `answer` is to be called next."""
        with suppress(OSError):  # that it has died is told by `answer`
            self._line.send((method, arguments))

    def answer(self, patience: float | None = None) -> Any:
        """What `ask` returns, of the method that was begun."""
        try:
            if patience is not None and not self._line.poll(max(patience, 0)):
                raise OverdueError(f"{self.title} took longer than {patience:.0f} s")
            kind, answer = self._line.recv()
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            raise ConvscopeError(
                f"The process that ran {self.title} ended unexpectedly (status {self._process.exitcode}); "
                "free some memory or measure less at a time."
            ) from None
        if kind == "refused":
            raise ConvscopeError(answer)
        if kind == "failed":
            raise RuntimeError(f"{self.title}: {answer}")
        return answer

    def measure(self, step: str, patience: Callable[[], float | None] = lambda: None) -> Callable[[float], float]:
        """The worker's `run` of one step, for `rounds.alternate`; `patience` is asked for before each."""
        return lambda seconds: float(self.ask("run", step, seconds, patience=patience()))


def _serve(line: Connection, module: str) -> None:
    """Answer calls until the other half is gone. Ctrl-C is for the parent, which then closes the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        worker: Worker | None = None
        while True:
            method, arguments = line.recv()
            try:
                worker = worker or importlib.import_module(module).Worker()
                line.send(("done", getattr(worker, method)(*arguments)))
            except ConvscopeError as error:
                line.send(("refused", str(error)))
            except Exception as error:  # told to the parent, which knows what to do
                line.send(("failed", f"{type(error).__name__}: {error}"))
