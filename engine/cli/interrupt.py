"""Ctrl-C that ends a run between two batches instead of in the middle of one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Interruption:
    """The signal that came, if any; `status` is the exit status that shells expect after it."""

    signal: int | None = None

    @property
    def status(self) -> int:
        return 128 + (self.signal or 0)


@contextmanager
def interruptible(cancel: Callable[[], None]) -> Iterator[Interruption]:
    """Inside, the first Ctrl-C or SIGTERM calls `cancel`; a second Ctrl-C interrupts at once."""
    came = Interruption()
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield came
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if came.signal is not None:
            raise KeyboardInterrupt
        came.signal = number
        cancel()
        with suppress(OSError):  # print is not safe in a handler
            os.write(2, b"\nStopping after this batch; Ctrl-C once more stops at once.\n")

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
