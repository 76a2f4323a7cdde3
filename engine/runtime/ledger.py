"""What plans and weights would take of a device's memory, found without taking any."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph.arena import aligned
from .backend import Arrival, Backend, Lane
from .repeating import Plainly, Repeater


class Ledger:
    """Stands for a backend: adds up what is allocated, and allocates nothing. What is made on it cannot be run."""

    def __init__(self, backend: Backend) -> None:
        self.total = 0
        """Bytes of the device so far."""
        self._backend = backend
        self.name, self.apart, self.measures = backend.name, backend.apart, backend.measures
        self.means = backend.means
        self.add_into, self.fill_zero, self.copy = backend.add_into, backend.fill_zero, backend.copy
        self.mask, self.add_masked, self.measure_all = backend.mask, backend.add_masked, backend.measure_all

    def allocate(self, nbytes: int) -> Any:
        self.total += aligned(nbytes)
        return Ghost((nbytes,), np.uint8)

    def zeros(self, count: int, dtype: str = "float32") -> Any:
        ghost = Ghost((count,), dtype)
        self.total += aligned(ghost.nbytes)
        return ghost

    def host(self, array: Any) -> Any:
        return Ghost(array.shape, array.dtype) if self.apart else array

    def upload(self, host: Any, array: Any) -> Arrival:
        return _THERE

    def fetch(self, array: Any, host: Any) -> Arrival:
        return _THERE

    def download(self, array: Any, host: Any) -> None:
        """There is nothing to be copied."""

    def lane(self, array: Any) -> Lane:
        self.allocate(array.nbytes)
        return _THERE

    def finish(self) -> None:
        """Nothing was begun."""

    def repeater(self) -> Repeater:
        return Plainly()

    def threads(self) -> int:
        return self._backend.threads()

    def threads_for(self, macs: int, values: int) -> int:
        return self._backend.threads_for(macs, values)

    def build(self, kernel: Any, threads: int) -> Callable[..., None]:
        return lambda *_: None

    def available_bytes(self) -> int:
        return sys.maxsize


class Ghost:
    """An array of which only shape and type are known."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __getitem__(self, part: slice) -> Ghost:
        return Ghost((len(range(*part.indices(len(self)))), *self.shape[1:]), self.dtype)

    def __setitem__(self, part: Any, values: Any) -> None:
        """Nothing is kept."""

    def view(self, dtype: Any) -> Ghost:
        return Ghost((self.nbytes // np.dtype(dtype).itemsize,), dtype)

    def reshape(self, shape: tuple[int, ...]) -> Ghost:
        return Ghost(shape, self.dtype)


class _There:
    """A copy that has arrived, and the way to it."""

    def ready(self) -> bool:
        return True

    def synchronize(self) -> None:
        """There is nothing to wait for."""

    def send(self, host: Any) -> Arrival:
        return self


_THERE = _There()
