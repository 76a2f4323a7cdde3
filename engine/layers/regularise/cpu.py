"""Dropout on the CPU. The mask is never stored: backward draws the same numbers again."""

import numba
import numpy as np

from ...kernels.elementwise import share
from ...kernels.jit import kernel
from ...kernels.stream import stream_key, uniform

number = np.float32


@kernel
def drop(x, y, count, rate, scale, layer, state, threads):
    """y = x · scale where the stream of (seed state[1], step state[2], layer) is at least rate, else 0."""
    key = stream_key(state[1], state[2], layer)
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, out = x[first:last], y[first:last]
        for i in range(last - first):
            out[i] = values[i] * scale if uniform(key, first + i) >= rate else np.float32(0)


@kernel
def multiply(x, y, count, factor, threads):
    """y = x · factor."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, out = x[first:last], y[first:last]
        for i in range(last - first):
            out[i] = values[i] * factor
