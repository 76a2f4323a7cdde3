"""Pictures that are read from their files when they are wanted, ahead of need, by threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import DataError
from .geometry import Fit
from .images import read_fitted
from .reading import readers

AHEAD_BYTES = 128 << 20  # pixels that may lie ready before anybody has asked for them
MOST_AHEAD = 512  # pictures
_NAMED = 3  # files named in one warning


class ImageStream:
    """Picture files as (N, H, W, C) uint8 pixels, of which only those in use are in memory.

    It is indexed like an array, by a number, a slice or an array of rows. `expect` tells which rows come next; worker
    threads then decode them ahead (Pillow's decoders release the GIL), a bounded number at a time. What a row holds
    depends on its files alone, never on threads.

    A file that cannot be read is replaced by the next readable one of the same class, and told in `late_warnings`.
    """

    ndim = 4
    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        paths: Sequence[Path],
        labels: NDArray[np.int64],
        shape: tuple[int, int, int],
        fit: Fit,
        workers: int | None = None,
    ) -> None:
        self.paths, self.labels, self.fit = tuple(paths), labels, fit
        self.shape = (len(self.paths), *shape)
        self._workers = workers or readers()
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: deque[tuple[int, Future[NDArray[np.uint8]]]] = deque()
        self._coming: deque[int] = deque()
        self._broken: dict[int, str] = {}
        self._untold: list[int] = []
        self._lock = threading.RLock()  # training, the window and the decoding threads meet here

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: Any) -> NDArray[np.uint8]:
        if isinstance(rows, int | np.integer):  # to be looked at: it takes nothing from who reads ahead
            return self._decode(range(len(self))[rows])
        return self.read(np.arange(len(self))[rows])

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The pictures `rows`, (n, H, W, C); DataError if no picture of a class can be read."""
        with self._lock:
            waited = [self._next(int(row)) for row in rows]
        out = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for target, future in zip(out, waited):
            target[...] = future.result()
        return out

    def expect(self, rows: NDArray[np.int64]) -> None:
        """Say which rows will be read next, in this order; what was expected before is forgotten."""
        with self._lock:
            self._forget()
            self._coming = deque(int(row) for row in rows)
            self._read_ahead()

    def take(self, rows: NDArray[np.int64]) -> ImageStream:
        """A stream of these rows alone."""
        paths = [self.paths[row] for row in rows]
        return ImageStream(paths, self.labels[rows], self.shape[1:], self.fit, self._workers)

    def late_warnings(self) -> list[str]:
        """A sentence about files found to be unreadable since the last time."""
        with self._lock:
            untold, self._untold = self._untold, []
        if not untold:
            return []
        named = "; ".join(self._broken[row].removesuffix(".") for row in sorted(untold)[:_NAMED])
        more = f"; and {len(untold) - _NAMED} more" if len(untold) > _NAMED else ""
        files = "1 picture" if len(untold) == 1 else f"{len(untold)} pictures"
        return [f"{files} could not be read, others of the class stood in: {named}{more}."]

    def close(self) -> None:
        """Forget what was expected and end the threads."""
        with self._lock:
            self._forget()
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    # ---- inside

    def _next(self, row: int) -> Future[NDArray[np.uint8]]:
        """The picture, decoded or being decoded: from those read ahead if it is the one expected."""
        if self._ahead and self._ahead[0][0] == row:
            future = self._ahead.popleft()[1]
            self._read_ahead()
            return future
        return self._submit(row)

    def _read_ahead(self) -> None:
        each = max(int(np.prod(self.shape[1:])), 1)
        limit = max(min(AHEAD_BYTES // each, MOST_AHEAD), 2 * self._workers)
        while self._coming and len(self._ahead) < limit:
            row = self._coming.popleft()
            self._ahead.append((row, self._submit(row)))

    def _submit(self, row: int) -> Future[NDArray[np.uint8]]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, "convscope-read")
        return self._pool.submit(self._decode, row)

    def _forget(self) -> None:
        self._coming.clear()
        while self._ahead:
            self._ahead.popleft()[1].cancel()

    def _decode(self, row: int) -> NDArray[np.uint8]:
        """The picture, or the next one of its class that can be read; called from several threads."""
        found = self._tried(row)
        if found is not None:
            return found
        alike = np.flatnonzero(self.labels == self.labels[row])
        later = np.roll(alike, -int(np.searchsorted(alike, row)) - 1)
        for other in later:
            found = self._tried(int(other))
            if found is not None:
                return found
        raise DataError(f"No picture of the class of {self.paths[row]} can be read: {self._broken[row]}")

    def _tried(self, row: int) -> NDArray[np.uint8] | None:
        if row in self._broken:
            return None
        height, width, channels = self.shape[1:]
        try:
            return read_fitted(self.paths[row], channels, (height, width), self.fit)
        except DataError as error:
            with self._lock:
                if row not in self._broken:
                    self._broken[row] = str(error)
                    self._untold.append(row)
            return None
