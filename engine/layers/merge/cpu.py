"""Kernels that join branches on the CPU."""

import numba

from ...kernels.jit import kernel


@kernel
def add(a, b, y, count, threads):
    """y = a + b; y may be a."""
    for thread in numba.prange(threads):
        for i in range(thread * count // threads, (thread + 1) * count // threads):
            y[i] = a[i] + b[i]


@kernel
def copy_columns(source, source_columns, source_at, target, target_columns, target_at, columns, rows, threads):
    """Copy a run of columns of every row from one matrix into a run of columns of another."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            read, write = row * source_columns + source_at, row * target_columns + target_at
            target[write : write + columns] = source[read : read + columns]
