"""Elementwise CUDA kernels, under the names and with the arguments of elementwise.py; `threads` counts for nothing.

One thread a value: neighbouring threads read neighbouring values, and enough of them are on their way at once to keep
the memory busy.
"""

import numpy as np

from .cuda_jit import cuda, device, kernel, per


def forward(formula):
    """Kernel y = formula(x, p) over `count` values."""
    f = device(formula)

    @kernel(per("count"))
    def elementwise_forward(x, y, count, p, threads):
        i = cuda.grid(1)
        if i < count:
            y[i] = f(x[i], p)

    return elementwise_forward


def backward(derivative):
    """Kernel dx = dy · derivative(v, p), where v is the input or the output, whichever the declaration keeps."""
    f = device(derivative)

    @kernel(per("count"))
    def elementwise_backward(v, dy, dx, count, p, threads):
        i = cuda.grid(1)
        if i < count:
            dx[i] = dy[i] * f(v[i], p)

    return elementwise_backward


@kernel(per("count"))
def add_into(part, total, count, threads):
    """total += part."""
    i = cuda.grid(1)
    if i < count:
        total[i] += part[i]


@kernel(per("count"))
def fill_zero(target, count, threads):
    i = cuda.grid(1)
    if i < count:
        target[i] = np.float32(0)


@kernel(per("count"))
def mask(x, target, count, threads):
    """target = 0 where x is not positive: the gradient of a ReLU with output x."""
    i = cuda.grid(1)
    if i < count and not x[i] > 0:
        target[i] = np.float32(0)


@kernel(per("count"))
def add_masked(part, x, total, count, threads):
    """total += part, then 0 where x is not positive."""
    i = cuda.grid(1)
    if i < count:
        total[i] = total[i] + part[i] if x[i] > 0 else np.float32(0)


@kernel(per("count"))
def copy(source, target, count, threads):
    """target = source."""
    i = cuda.grid(1)
    if i < count:
        target[i] = source[i]
