"""The CPU: Numba kernels on all cores."""

from __future__ import annotations

import os

# GNU's OpenMP lets idle threads spin for milliseconds, which starves a window (or anyone) on the same cores. A short
# spin still bridges the gap between two kernels. Read once, when the library is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

import numba
import numpy as np
import psutil

from ..graph.arena import ALIGNMENT
from ..kernels import elementwise
from .binding import Array


class CpuBackend:
    """Backend of the processor this program runs on."""

    name = "cpu"
    add_into = staticmethod(elementwise.add_into)
    fill_zero = staticmethod(elementwise.fill_zero)

    def allocate(self, nbytes: int) -> Array:
        raw = np.empty(nbytes + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        return raw[start : start + nbytes]

    def threads(self) -> int:
        return numba.get_num_threads()

    def available_bytes(self) -> int:
        return int(psutil.virtual_memory().available)
