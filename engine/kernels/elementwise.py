"""Factories of elementwise kernels: a formula written once in a family's `scalar.py` becomes kernels here."""

import numba
import numpy as np
from numba.extending import register_jitable

from .jit import kernel


def forward(formula):
    """Kernel y = formula(x, p) over `count` values."""
    f = register_jitable(formula)

    @kernel
    def elementwise_forward(x, y, count, p, threads):
        for thread in numba.prange(threads):
            for i in range(thread * count // threads, (thread + 1) * count // threads):
                y[i] = f(x[i], p)

    return elementwise_forward


def backward(derivative):
    """Kernel dx = dy · derivative(v, p), where v is the input or the output, whichever the declaration keeps."""
    f = register_jitable(derivative)

    @kernel
    def elementwise_backward(v, dy, dx, count, p, threads):
        for thread in numba.prange(threads):
            for i in range(thread * count // threads, (thread + 1) * count // threads):
                dx[i] = dy[i] * f(v[i], p)

    return elementwise_backward


@kernel
def add_into(part, total, count, threads):
    """total += part."""
    for thread in numba.prange(threads):
        for i in range(thread * count // threads, (thread + 1) * count // threads):
            total[i] += part[i]


@kernel
def fill_zero(target, count, threads):
    for thread in numba.prange(threads):
        for i in range(thread * count // threads, (thread + 1) * count // threads):
            target[i] = np.float32(0)
