"""Garbage is collected on the thread of the window.

Python collects on whichever thread happens to allocate. What is found may be menus, icons and pictures of windows that
were closed, held by a circle of references; ended on a thread that computes, they take the program down with them.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimerEvent

_EVERY_MS = 250
_FULL_EVERY = 120
"""Times between two collections of everything: half a minute. A network that was left must not stay for long, since
gigabytes may hang on it; more often, the pause would be felt when large libraries have been loaded."""


class Collecting(QObject):
    """From now on collects in the event loop of the thread it is made on, and nowhere else, until its `end`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._times = 0
        self.startTimer(_EVERY_MS)

    def end(self) -> None:
        """Python collects by itself again."""
        gc.enable()
        self.deleteLater()

    def timerEvent(self, event: QTimerEvent) -> None:  # noqa: N802
        self._times += 1
        if self._times % _FULL_EVERY == 0:
            gc.collect()
        elif due := [older for older in (0, 1) if gc.get_count()[older] > gc.get_threshold()[older]]:
            gc.collect(due[-1])
