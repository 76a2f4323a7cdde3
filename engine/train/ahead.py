"""One batch made ready while another is in use."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Make = Callable[[int, NDArray[np.int64], NDArray[np.float32]], None]


class Ahead:
    """Calls `make(epoch, rows, out)` on a thread that lives as long as the call: there is none to be left behind.

    `make` runs on one core, without `compute.exclusive`. All methods are called by one thread.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._thread: threading.Thread | None = None
        self._rows = np.empty(0, np.int64)
        self._memory = np.empty(0, np.float32)
        self._error: BaseException | None = None

    def start(self, epoch: int, rows: NDArray[np.int64], shape: tuple[int, ...]) -> None:
        """Begin with a batch of images of this shape (H, W, C). The batch before must have been taken or forgotten."""
        assert self._thread is None, "a batch is under way"
        size = len(rows) * int(np.prod(shape))
        if self._memory.size < size:
            self._memory = np.empty(size, np.float32)
        self._rows, self._error = rows, None
        out = self._memory[:size].reshape(len(rows), *shape)
        self._thread = threading.Thread(target=self._run, args=(epoch, rows, out), name="convscope-batch")
        self._thread.start()

    def take(self, rows: NDArray[np.int64], out: NDArray[np.float32]) -> bool:
        """Whether a batch of these rows is there, which is waited for and copied; another one is forgotten.

        Raises what making it raised.
        """
        if not self._wait() or not np.array_equal(rows, self._rows):
            return False
        if self._error is not None:
            raise self._error
        out[...] = self._memory[: out.size].reshape(out.shape)
        return True

    def forget(self) -> None:
        """Wait for the batch under way, if there is one, and drop it."""
        self._wait()

    def _wait(self) -> bool:
        """Whether there was one to wait for."""
        thread, self._thread = self._thread, None
        if thread is None:
            return False
        thread.join()
        return True

    def _run(self, epoch: int, rows: NDArray[np.int64], out: NDArray[np.float32]) -> None:
        try:
            self._make(epoch, rows, out)
        except BaseException as error:  # the one who takes the batch is told
            self._error = error
