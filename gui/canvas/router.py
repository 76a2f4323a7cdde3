"""Finds the courses of wires again where an edit changed what is in their way, in slices that no one waits for."""

from __future__ import annotations

import time
from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from .route import Blockers
from .wire_item import WireItem

SLICE = 0.004  # seconds: a quarter of a frame
_APART_MS = 16  # a frame: the rest of it, and the first one after an edit, are for painting
_AT_ONCE = 24  # wires: what a usual edit touches is not seen half done, unless it takes longer than a slice


class Router(QObject):
    """Routes wires around `blockers`. `routed` counts them, and `rested` tells that none waits."""

    rested = Signal()

    def __init__(self, blockers: Blockers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._blockers = blockers
        self._waiting: dict[WireItem, None] = {}
        self.routed = 0
        self._idle = QTimer(self)
        self._idle.setInterval(_APART_MS)
        self._idle.timeout.connect(self._work)

    def route(self, wires: Iterable[WireItem]) -> None:
        """Find courses: of few wires now, of many bit by bit."""
        self._waiting |= dict.fromkeys(wires)
        if len(self._waiting) <= _AT_ONCE:
            self._work()
        if self._waiting and not self._idle.isActive():
            self._idle.start()

    def forget(self, wire: WireItem) -> None:
        """A wire that is no longer there needs no course."""
        self._waiting.pop(wire, None)

    def stop(self) -> None:
        """Leave what waits as it is."""
        self._waiting.clear()
        self._idle.stop()

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def _next(self) -> None:
        wire = next(iter(self._waiting))
        del self._waiting[wire]
        wire.reroute(self._blockers)
        self.routed += 1

    def _work(self) -> None:
        end = time.perf_counter() + SLICE
        while self._waiting and time.perf_counter() < end:
            self._next()
        if not self._waiting and self._idle.isActive():
            self._idle.stop()
            self.rested.emit()
