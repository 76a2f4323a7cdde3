"""Kernels that join branches on the CPU."""

import numba

from ...kernels.elementwise import share
from ...kernels.jit import kernel


@kernel
def add(a, b, y, count, floor, threads):
    """y = a + b, clipped from below by floor; y may be a. NaN stays NaN."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        left, right, out = a[first:last], b[first:last], y[first:last]
        for i in range(last - first):
            total = left[i] + right[i]
            out[i] = floor if total < floor else total


@kernel
def copy_columns(source, source_columns, source_at, target, target_columns, target_at, columns, rows, threads):
    """Copy a run of columns of every row from one matrix into a run of columns of another."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            read, write = row * source_columns + source_at, row * target_columns + target_at
            values, out = source[read : read + columns], target[write : write + columns]
            for i in range(columns):
                out[i] = values[i]
