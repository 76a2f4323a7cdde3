"""Garbage is collected on the thread of the window.

Python collects on whichever thread happens to allocate. What is found may be menus, icons and pictures of windows that
were closed, held by a circle of references; ended on a thread that computes, they take the program down with them.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimerEvent

_EVERY_MS = 250
_FULL = 1000
"""Collections of the middle generation to one of all: those that came while libraries were loaded held the window for
200 ms."""


class Collecting(QObject):
    """From now on collects in the event loop of the thread it is made on, by Python's own counts; nowhere else."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _FULL)
        self.startTimer(_EVERY_MS)

    def timerEvent(self, event: QTimerEvent) -> None:  # noqa: N802
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > thresholds[generation]]
        if due:
            gc.collect(due[-1])
