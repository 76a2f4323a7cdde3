"""How often views are told to look at the model while it is trained."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

SECONDS = 0.1
"""Views look ten times a second at most."""

SHARE = 0.03
"""Of the time goes to views while a run is on: of the compute thread's, and of the processor's for drawing."""

LONGEST = 1.0
"""Seconds between two looks at most: one look that had to load kernels must not freeze the views."""

DRAWN_MS = 60
"""For so long after something came to be shown, what the GUI thread does is drawing it; painting follows by itself."""


class LookPace:
    """Spaces looks so that what they cost stays under a share of the time.

    Looks are at least `seconds` apart, and at most `longest`, whatever the last one cost.
    """

    def __init__(self, share: float = SHARE, seconds: float = SECONDS, longest: float = LONGEST) -> None:
        self._share, self._seconds, self._longest = share, seconds, longest
        self._last = -longest
        self._spent = 0.0

    def due(self, now: float, spent: float) -> bool:
        """Whether views may look now; `spent` is the time all looks so far took, in seconds.

        What the last look cost is known only when it was drawn, so it is asked for anew each time.
        """
        wait = min(max(self._seconds, (spent - self._spent) / self._share), self._longest)
        if now < self._last + wait:
            return False
        self._last, self._spent = now, spent
        return True


class DrawingTime(QObject):
    """Processor time of the GUI thread that goes into drawing, painting included.

    It counts all that this thread does from `begin` until nothing has come to be drawn for a while: what a widget costs
    when the system asks it to paint is seen nowhere else. Waiting, for the interpreter too, costs no processor time.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seconds = 0.0
        self._began: float | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(DRAWN_MS)
        self._timer.timeout.connect(self._end)

    def begin(self) -> None:
        """Something is about to be drawn; called on the GUI thread."""
        if self._began is None:
            self._began = time.thread_time()
        self._timer.start()

    @property
    def seconds(self) -> float:
        """All of it so far."""
        going = 0.0 if self._began is None else time.thread_time() - self._began
        return self._seconds + going

    def _end(self) -> None:
        self._seconds, self._began = self.seconds, None
