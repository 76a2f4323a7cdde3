"""Dropout on the CPU. The mask is never stored: backward draws the same numbers again."""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.elementwise import share
from ...kernels.jit import kernel
from . import scalar

uniform = register_jitable(scalar.uniform)
stream_key = register_jitable(scalar.stream_key)


@kernel
def drop(x, y, count, rate, layer, state, threads):
    """y = x / (1 − rate) where the stream of (seed state[1], step state[2], layer) is at least rate, else 0."""
    key = stream_key(state[1], state[2], layer)
    scale = np.float32(1.0 / (1.0 - rate))
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, out = x[first:last], y[first:last]
        for i in range(last - first):
            out[i] = values[i] * scale if uniform(key, first + i) >= rate else np.float32(0)
