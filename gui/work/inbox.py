"""The way from other threads to the window: items gather behind a lock and arrive in bunches at display rate."""

from __future__ import annotations

import threading
import time
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_MS = 33


class Inbox(QObject):
    """`post` from any thread; `drained` hands over all that came, on the thread the inbox lives on.

    One Qt event a bunch, not one an item: a small network trains over a thousand batches a second. With nothing
    posted nothing runs.
    """

    drained = Signal(list)
    _filled = Signal()

    def __init__(self, parent: QObject | None = None, frame_ms: int = FRAME_MS) -> None:
        super().__init__(parent)
        self._frame = frame_ms / 1000
        self._lock = threading.Lock()
        self._items: list[Any] = []
        self._open = True
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._drain)
        self._filled.connect(self._schedule, Qt.ConnectionType.QueuedConnection)

    def post(self, item: Any) -> None:
        """Add an item; called from any thread."""
        with self._lock:
            if not self._open:
                return
            first = not self._items
            self._items.append(item)
        if first:
            self._filled.emit()

    def close(self) -> None:
        """Forget what waits and take nothing more."""
        with self._lock:
            self._open = False
            self._items.clear()
        self._timer.stop()

    def _schedule(self) -> None:
        if not self._open:  # closed after this was queued
            return
        since = time.monotonic() - self._last
        self._timer.start(max(0, round((self._frame - since) * 1000)))

    def _drain(self) -> None:
        with self._lock:
            items, self._items = self._items, []
        self._last = time.monotonic()
        if items:
            self.drained.emit(items)
