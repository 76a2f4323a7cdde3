"""Dropout on the GPU, with the very numbers that cpu.py draws."""

import numpy as np

from ...kernels.cuda_jit import cuda, kernel, per
from ...kernels.stream import stream_key, uniform

number = np.float32


@kernel(per("count"))
def drop(x, y, count, rate, scale, layer, state, threads):
    """y = x · scale where the stream of (seed state[1], step state[2], layer) is at least rate, else 0."""
    i = cuda.grid(1)
    if i < count:
        key = stream_key(state[1], state[2], layer)
        y[i] = x[i] * scale if uniform(key, i) >= rate else np.float32(0)


@kernel(per("count"))
def multiply(x, y, count, factor, threads):
    """y = x · factor."""
    i = cuda.grid(1)
    if i < count:
        y[i] = x[i] * factor
