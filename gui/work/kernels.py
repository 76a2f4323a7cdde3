"""Kernels are compiled outside the window's process, which only loads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from convscope.engine.graph.network import Network
from convscope.engine.zoo import ARCHITECTURES

from .compiler import Compiler
from .posts import Lacking, Need
from .toolkit import Toolkit
from .worker import Worker


@dataclass(frozen=True)
class KernelProgress:
    """Kernels in the cache, and how many there will be; `left` are still to come before work can go on."""

    done: int
    total: int
    left: int


WAITING = "Preparing kernels; this is done once for each version of the program."
"""What somebody is told whose work waits for kernels, before it is known how many are missing."""


class Kernels(QObject):
    """Has what the cache lacks compiled by another process before it is needed here, once it is turned on.

    A compilation holds the interpreter, and with it the window, for up to a third of a second at a time. Work that runs
    kernels goes through `then`, which keeps it back while those kernels are compiled.
    """

    progressed = Signal(object)  # KernelProgress
    settled = Signal()  # no required kernel is missing any more; what waits begins next
    rested = Signal()  # nothing is compiled any more
    failed = Signal(str)  # why kernels will be compiled here after all; sent once

    def __init__(self, toolkit: Toolkit, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._toolkit = toolkit
        self._worker = worker
        self._on = False
        self._wanted: Need | None = None
        self._there: Need | None = None
        self._compiling: Need | None = None
        self._held: dict[str, Callable[[], None]] = {}
        self._others: Sequence[str] = [name for name, entry in ARCHITECTURES.items() if entry.compact]
        self._compiler = Compiler(self)
        self._compiler.told.connect(self._hear)
        self._compiler.ended.connect(self._end)

    def turn_on(self) -> None:
        """From now on compile outside; until then, and after a failure, kernels are compiled where they run."""
        self._on = True

    def require(self, network: Network, batch_size: int, optimizer: str) -> None:
        """Have the kernels for training a network without errors; until they are there, `then` keeps work back."""
        need = Need(network.input, dict(network.nodes), batch_size, optimizer)
        if not self._on or need in (self._wanted, self._there):
            return
        self._wanted = need
        copy = network.copy()
        self._worker.look(
            "kernels",
            lambda: self._toolkit.lacking(copy, batch_size, optimizer),
            lambda found: Lacking(need, copy, found),
        )

    @property
    def busy(self) -> bool:
        """Whether required kernels are still being looked for or compiled."""
        return self._wanted is not None

    def then(self, kind: str, action: Callable[[], None]) -> None:
        """Do this as soon as no required kernel is missing; a newer action of a kind replaces one that waits."""
        if self.busy:
            self._held[kind] = action
        else:
            action()

    def holds(self, kind: str) -> bool:
        return kind in self._held

    def forget(self, kind: str) -> None:
        """Drop an action that waits."""
        self._held.pop(kind, None)

    def answer(self, found: Lacking) -> None:
        """Take up how many kernels a network lacks, once they have been looked for."""
        if found.need != self._wanted:
            return
        if isinstance(found.count, int) and found.count > 0 and self._on:
            self._compiling = found.need
            self._compiler.start(found.network, self._others, found.need.batch_size, found.need.optimizer)
        else:  # what cannot even be looked for fails, with its reason, where it is run
            self._settle()

    def close(self) -> None:
        self._on = False
        self._held.clear()
        self._compiler.stop()

    def _settle(self) -> None:
        self._there, self._wanted = self._wanted, None
        self.settled.emit()
        waiting, self._held = self._held, {}
        for action in waiting.values():
            action()

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "prepared":
            self.progressed.emit(KernelProgress(event["done"], event["total"], event["left"]))
        elif event["event"] == "ready":
            self._compiled()

    def _compiled(self) -> None:
        """The network's own kernels are there, or never will be; those of the architectures come after them."""
        need, self._compiling = self._compiling, None
        if need is not None and need == self._wanted:
            self._settle()

    def _end(self, reason: str) -> None:
        self._others = ()
        self.rested.emit()
        if reason:
            self._on = False
            self.failed.emit(reason)
        self._compiled()
