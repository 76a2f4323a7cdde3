"""Kernels that join branches on the CPU."""

import numba
import numpy as np

from ...kernels.elementwise import share
from ...kernels.jit import kernel

_BLOCK = 64  # channels that a thread sums at a time


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


@kernel
def multiply(a, b, y, count, threads):
    """y = a · b; y may be a."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        left, right, out = a[first:last], b[first:last], y[first:last]
        for i in range(last - first):
            out[i] = left[i] * right[i]


@kernel
def scale_channels(x, gate, y, images, pixels, channels, threads):
    """y (N, H·W, C) = x · gate (N, C)."""
    lines = images * pixels
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image = line // pixels
            values, out = x[line * channels : (line + 1) * channels], y[line * channels : (line + 1) * channels]
            factors = gate[image * channels : (image + 1) * channels]
            for c in range(channels):
                out[c] = values[c] * factors[c]


@kernel
def sum_over_pixels(a, b, y, images, pixels, channels, threads):
    """y (N, C) = Σ a · b over the pixels of a and b (N, H·W, C): the gradient of a gate of channels."""
    blocks = (channels + _BLOCK - 1) // _BLOCK
    tasks = images * blocks
    for thread in numba.prange(threads):
        for task in range(thread * tasks // threads, (thread + 1) * tasks // threads):
            image, begin = task // blocks, task % blocks * _BLOCK
            width = min(channels - begin, _BLOCK)
            sums = y[image * channels + begin : image * channels + begin + width]
            sums[:] = np.float32(0)
            for pixel in range(image * pixels, (image + 1) * pixels):
                at = pixel * channels + begin
                left, right = a[at : at + width], b[at : at + width]
                for c in range(width):
                    sums[c] += left[c] * right[c]


@kernel
def scale_pixels(x, gate, y, rows, channels, threads):
    """y (rows, C) = x · gate (rows)."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values, out = x[row * channels : (row + 1) * channels], y[row * channels : (row + 1) * channels]
            factor = gate[row]
            for c in range(channels):
                out[c] = values[c] * factor


@kernel
def sum_over_channels(a, b, y, rows, channels, threads):
    """y (rows) = Σ a · b over the channels of a and b (rows, C): the gradient of a gate of positions."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            left, right = a[row * channels : (row + 1) * channels], b[row * channels : (row + 1) * channels]
            total = np.float32(0)
            for c in range(channels):
                total += left[c] * right[c]
            y[row] = total
