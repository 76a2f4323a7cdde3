"""Factories of elementwise kernels: a formula written once in a family's `scalar.py` becomes kernels here.

Loops run over slices that begin at 0: only then does LLVM see that no index is negative, and vectorises them.
"""

import numba
import numpy as np
from numba.extending import register_jitable

from .jit import kernel


@register_jitable
def share(thread, threads, count):
    """First and last index of a thread's part of `count` items."""
    return thread * count // threads, (thread + 1) * count // threads


def forward(formula):
    """Kernel y = formula(x, p) over `count` values."""
    f = register_jitable(formula)

    @kernel
    def elementwise_forward(x, y, count, p, threads):
        for thread in numba.prange(threads):
            first, last = share(thread, threads, count)
            values, out = x[first:last], y[first:last]
            for i in range(last - first):
                out[i] = f(values[i], p)

    return elementwise_forward


def backward(derivative):
    """Kernel dx = dy · derivative(v, p), where v is the input or the output, whichever the declaration keeps."""
    f = register_jitable(derivative)

    @kernel
    def elementwise_backward(v, dy, dx, count, p, threads):
        for thread in numba.prange(threads):
            first, last = share(thread, threads, count)
            values, gradient, out = v[first:last], dy[first:last], dx[first:last]
            for i in range(last - first):
                out[i] = gradient[i] * f(values[i], p)

    return elementwise_backward


@kernel
def add_into(part, total, count, threads):
    """total += part."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, sums = part[first:last], total[first:last]
        for i in range(last - first):
            sums[i] += values[i]


@kernel
def fill_zero(target, count, threads):
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        target[first:last] = np.float32(0)


@kernel
def mask(x, target, count, threads):
    """target = 0 where x is not positive: the gradient of a ReLU with output x."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, out = x[first:last], target[first:last]
        for i in range(last - first):
            out[i] = out[i] if values[i] > 0 else np.float32(0)


@kernel
def add_masked(part, x, total, count, threads):
    """total += part, then 0 where x is not positive."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        more, values, sums = part[first:last], x[first:last], total[first:last]
        for i in range(last - first):
            sums[i] = sums[i] + more[i] if values[i] > 0 else np.float32(0)


@kernel
def copy(source, target, count, threads):
    """target = source."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, out = source[first:last], target[first:last]
        for i in range(last - first):
            out[i] = values[i]
