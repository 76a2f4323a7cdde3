"""Kernels that join branches on the GPU, under the names and with the arguments of cpu.py."""

import numpy as np

from ...kernels.cuda_jit import cuda, kernel, per


@kernel(per("count"))
def add(a, b, y, count, floor, threads):
    """y = a + b, clipped from below by floor; y may be a. NaN stays NaN."""
    i = cuda.grid(1)
    if i < count:
        total = a[i] + b[i]
        y[i] = floor if total < floor else total


@kernel(per("rows", "columns"))
def copy_columns(source, source_columns, source_at, target, target_columns, target_at, columns, rows, threads):
    """Copy a run of columns of every row from one matrix into a run of columns of another."""
    i = cuda.grid(1)
    if i < rows * columns:
        row, column = i // columns, i % columns
        target[row * target_columns + target_at + column] = source[row * source_columns + source_at + column]


@kernel(per("count"))
def multiply(a, b, y, count, threads):
    """y = a · b; y may be a."""
    i = cuda.grid(1)
    if i < count:
        y[i] = a[i] * b[i]


@kernel(per("images", "pixels", "channels"))
def scale_channels(x, gate, y, images, pixels, channels, threads):
    """y (N, H·W, C) = x · gate (N, C)."""
    i = cuda.grid(1)
    if i < images * pixels * channels:
        y[i] = x[i] * gate[i // (pixels * channels) * channels + i % channels]


@kernel(per("images", "channels"))
def sum_over_pixels(a, b, y, images, pixels, channels, threads):
    """y (N, C) = Σ a · b over the pixels of a and b (N, H·W, C): the gradient of a gate of channels."""
    i = cuda.grid(1)
    if i < images * channels:
        at, total = i // channels * pixels * channels + i % channels, np.float32(0)
        for pixel in range(pixels):
            total += a[at + pixel * channels] * b[at + pixel * channels]
        y[i] = total


@kernel(per("rows", "channels"))
def scale_pixels(x, gate, y, rows, channels, threads):
    """y (rows, C) = x · gate (rows)."""
    i = cuda.grid(1)
    if i < rows * channels:
        y[i] = x[i] * gate[i // channels]


@kernel(per("rows"))
def sum_over_channels(a, b, y, rows, channels, threads):
    """y (rows) = Σ a · b over the channels of a and b (rows, C): the gradient of a gate of positions."""
    i = cuda.grid(1)
    if i < rows:
        total = np.float32(0)
        for c in range(channels):
            total += a[i * channels + c] * b[i * channels + c]
        y[i] = total
