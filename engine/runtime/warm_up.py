"""Which builds of which kernels a network calls, found without running any, so that they can be compiled beforehand."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numba
from numba.core import event

from ..graph import Network
from ..graph.step import Mode
from ..kernels.jit import Kernel
from .cpu import CpuBackend
from .plan import Plan
from .weights import WeightStore


@dataclass(frozen=True)
class Build:
    """One compiled form of a kernel: for all threads or for one, and for one list of argument types."""

    kernel: Any
    parallel: bool
    types: tuple[Any, ...]

    @classmethod
    def called(cls, kernel: Any, threads: int, args: Iterable[Any]) -> Build:
        """The build that a call with these arguments, shared among so many threads, uses."""
        parallel = isinstance(kernel, Kernel) and kernel.for_threads(threads) is kernel.parallel
        return cls(kernel, parallel, tuple(numba.typeof(arg) for arg in args))

    @property
    def name(self) -> str:
        """Where the kernel stands, such as `layers.conv.cpu.slide`."""
        function = self._dispatcher.py_func
        return f"{function.__module__.partition('.engine.')[2]}.{function.__name__}"

    @property
    def _dispatcher(self) -> Any:
        if not isinstance(self.kernel, Kernel):
            return self.kernel
        return self.kernel.parallel if self.parallel else self.kernel.serial

    def twin(self) -> Build | None:
        """The kernel's other build for the same types, which calls of another size use; None if there is one only."""
        return Build(self.kernel, not self.parallel, self.types) if isinstance(self.kernel, Kernel) else None

    def prepare(self) -> bool:
        """Have it in this process and in the cache, without running it; whether it had to be compiled."""
        if self.load():
            return False
        self._dispatcher.compile(self.types)
        return True

    def load(self) -> bool:
        """Have it in this process if it is in the cache; False, at once, if it would have to be compiled."""
        try:
            with event.install_listener("numba:compile", _Refusal()):
                self._dispatcher.compile(self.types)
        except _NotCompiledError:
            return False
        return True


@dataclass(frozen=True)
class Pass:
    """A plan to look at: forward, and backward from each of the nodes `backward`."""

    batch: int
    mode: Mode
    keep: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()


def builds(network: Network, passes: Iterable[Pass]) -> list[Build]:
    """The builds that these passes call, each once, in the order of their first calls."""
    recorder = _Recorder()
    store = WeightStore(network, 0, recorder, filled=False)
    for wanted in passes:
        plan = Plan(network, store, recorder, wanted.batch, wanted.mode, wanted.keep)
        plan.forward()
        for node in wanted.backward:
            plan.backward(node)
    return list(recorder.builds)


class _Recorder(CpuBackend):
    """The processor with its work left out: notes what plans call. Their memory is never touched, so it costs none."""

    def __init__(self) -> None:
        self.builds: dict[Build, None] = {}

    def available_bytes(self) -> int:
        return sys.maxsize

    def build(self, kernel: Any, threads: int) -> Callable[..., None]:
        noted = False

        def note(*args: Any) -> None:
            nonlocal noted
            if not noted:  # backward from every node makes most calls again and again
                noted = True
                self.builds[Build.called(kernel, threads, args)] = None

        return note


class _NotCompiledError(Exception):
    """The cache lacks a build."""


class _Refusal(event.Listener):
    """Keeps this thread from compiling: Numba tells of a compilation once it has looked into its cache in vain."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def on_start(self, event: Any) -> None:
        if threading.get_ident() == self._thread:
            raise _NotCompiledError

    def on_end(self, event: Any) -> None:
        pass
