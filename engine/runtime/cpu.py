"""The CPU: Numba kernels on all cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import psutil

from ..graph.arena import ALIGNMENT
from ..kernels import elementwise, moments
from ..kernels.jit import Kernel
from .backend import Arrival, Lane
from .binding import Array
from .repeating import Plainly, Repeater
from .threads import threads

# One core's usual speed on convolutions of compact networks and on elementwise work, and the seconds below which
# waking other threads costs more than it saves. Orders of magnitude suffice.
_MACS_A_SECOND, _VALUES_A_SECOND, _WORTH_SHARING = 40e9, 2e9, 30e-6

_SAME = "the CPU's arrays are their own copies"


class CpuBackend:
    """Backend of the processor this program runs on."""

    name = "cpu"
    apart = False
    measures = True
    means: Any = None
    add_into: Any = elementwise.add_into
    fill_zero: Any = elementwise.fill_zero
    copy: Any = elementwise.copy
    measure_all: Any = moments.measure_all
    mask: Any = elementwise.mask
    add_masked: Any = elementwise.add_masked

    def allocate(self, nbytes: int) -> Array:
        raw = np.empty(nbytes + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        return raw[start : start + nbytes]

    def zeros(self, count: int, dtype: str = "float32") -> Array:
        return np.zeros(count, dtype)

    def host(self, array: Array) -> Array:
        return array

    def upload(self, host: Array, array: Array) -> Arrival:
        raise NotImplementedError(_SAME)

    def fetch(self, array: Array, host: Array) -> Arrival:
        raise NotImplementedError(_SAME)

    def lane(self, array: Array) -> Lane:
        raise NotImplementedError(_SAME)

    def download(self, array: Array, host: Array) -> None:
        raise NotImplementedError(_SAME)

    def finish(self) -> None:
        """Calls are done when they return."""

    def repeater(self) -> Repeater:
        return Plainly()

    def threads(self) -> int:
        return threads()

    def threads_for(self, macs: int, values: int) -> int:
        alone = macs / _MACS_A_SECOND + values / _VALUES_A_SECOND
        return 1 if alone < _WORTH_SHARING else threads()

    def build(self, kernel: Any, threads: int) -> Callable[..., None]:
        return kernel.for_threads(threads) if isinstance(kernel, Kernel) else kernel

    def available_bytes(self) -> int:
        return int(psutil.virtual_memory().available)
