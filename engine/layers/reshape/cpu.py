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
            out = y[row * width : (row + 1) * width]
            out[:before] = np.float32(0)
            values, inside = x[row * columns : (row + 1) * columns], out[before : before + columns]
            for i in range(columns):
                inside[i] = values[i]
            out[before + columns :] = np.float32(0)


@kernel
def crop_columns(dy, dx, rows, columns, before, after, threads):
    """The columns that pad_columns copied."""
    width = before + columns + after
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            start = row * width + before
            values, out = dy[start : start + columns], dx[row * columns : (row + 1) * columns]
            for i in range(columns):
                out[i] = values[i]
