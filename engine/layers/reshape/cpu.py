"""Kernels that rearrange values on the CPU."""

import numba
import numpy as np

from ...kernels.jit import kernel


@kernel
def pad_columns(x, y, rows, columns, before, after, threads):
    """Rows of x with zeros before and after."""
    width = before + columns + after
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for i in range(before):
                y[row * width + i] = np.float32(0)
            for i in range(columns):
                y[row * width + before + i] = x[row * columns + i]
            for i in range(before + columns, width):
                y[row * width + i] = np.float32(0)


@kernel
def crop_columns(dy, dx, rows, columns, before, after, threads):
    """The columns that pad_columns copied."""
    width = before + columns + after
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for i in range(columns):
                dx[row * columns + i] = dy[row * width + before + i]
