"""Pooling on the GPU, under the names and with the arguments of cpu.py.

One thread a value written; neighbours differ in the channel, so they read and write whole lines of memory. Gradients
are gathered: each pixel asks the windows that cover it, in their order, so that the same call gives the same bits.
"""

import numpy as np

from ...kernels.cuda_jit import BLOCK, Grid, cuda, device, kernel, per

# Geometry arrays of windowed kernels:
# N, H, W, C, OH, OW, R, S, stride rows, stride columns, top, left, bottom, right, dilation rows, dilation columns.


def of_windows(given) -> Grid:
    """One thread for each window and channel."""
    n, _, _, channels, out_height, out_width, *_ = (int(value) for value in given["geometry"])
    return (-(-n * out_height * out_width * channels // BLOCK),), BLOCK


def of_pixels(given) -> Grid:
    """One thread for each value of the image."""
    n, height, width, channels, *_ = (int(value) for value in given["geometry"])
    return (-(-n * height * width * channels // BLOCK),), BLOCK


@device
def reach(position, geometry, axis):
    """First source index of a window (may be negative) and the range of its taps that lie inside the image."""
    start, spacing = position * geometry[8 + axis] - geometry[10 + axis], geometry[14 + axis]
    first, last = (max(-start, 0) + spacing - 1) // spacing, (geometry[1 + axis] - start + spacing - 1) // spacing
    return start, first, min(geometry[6 + axis], last)


@device
def covering(pixel, geometry, axis):
    """First and last (excluded) window that spans a pixel, along one axis."""
    stride, before = geometry[8 + axis], geometry[10 + axis]
    extent = (geometry[6 + axis] - 1) * geometry[14 + axis] + 1
    first = pixel + before - extent + stride  # the first start that reaches it, rounded up to a multiple of the stride
    return max(first // stride, 0), min((pixel + before) // stride + 1, geometry[4 + axis])


@device
def tap(pixel, window, geometry, axis):
    """Which tap of a window that spans a pixel lies on it, along one axis; −1 if it lies between two."""
    offset, spacing = pixel + geometry[10 + axis] - window * geometry[8 + axis], geometry[14 + axis]
    return offset // spacing if offset % spacing == 0 else -1


@device
def divisor(row0, col0, geometry, count_padding):
    """What a mean is divided by: its pixels inside the image, or with count_padding those in its padding too."""
    if count_padding:
        rows = min(geometry[6], geometry[1] + geometry[12] - row0)
        return rows * min(geometry[7], geometry[2] + geometry[13] - col0)
    rows = min(row0 + geometry[6], geometry[1]) - max(row0, 0)
    return rows * (min(col0 + geometry[7], geometry[2]) - max(col0, 0))


@kernel(of_windows)
def max_forward(x, y, switches, geometry, threads):
    """y = maximum of each window; switches = its position r·S + s in the window (the first of equals; NaN wins)."""
    i, channels, out_height, out_width = cuda.grid(1), geometry[3], geometry[4], geometry[5]
    if i < geometry[0] * out_height * out_width * channels:
        height, width = geometry[1], geometry[2]
        window, c = i // channels, i % channels
        line, column = window // out_width, window % out_width
        row0, r_first, r_last = reach(line % out_height, geometry, 0)
        col0, s_first, s_last = reach(column, geometry, 1)
        corner = (line // out_height * height + row0) * width + col0
        down, across = geometry[14] * width, geometry[15]  # from tap to tap, in pixels
        best, where = np.float32(-np.inf), r_first * geometry[7] + s_first
        for r in range(r_first, r_last):
            for s in range(s_first, s_last):
                value = x[(corner + r * down + s * across) * channels + c]
                if value > best or (value != value and best == best):  # noqa: PLR0124  NaN is not itself
                    best, where = value, r * geometry[7] + s
        y[i] = best
        switches[i] = where


@kernel(of_pixels)
def max_backward(dy, switches, y, masks, dx, geometry, threads):
    """dx = dy sent back to where each maximum was: unpooling by switches, too. Overlapping windows add up.

    With `masks`, nothing is sent where the maximum y is not positive.
    """
    i, height, width, channels = cuda.grid(1), geometry[1], geometry[2], geometry[3]
    if i < geometry[0] * height * width * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // width, pixel % width
        image, row = line // height, line % height
        first_row, last_row = covering(row, geometry, 0)
        first_column, last_column = covering(column, geometry, 1)
        total = np.float32(0)
        for p in range(first_row, last_row):
            for q in range(first_column, last_column):
                at = ((image * geometry[4] + p) * geometry[5] + q) * channels + c
                r, s = tap(row, p, geometry, 0), tap(column, q, geometry, 1)
                if min(r, s) >= 0 and switches[at] == r * geometry[7] + s and (not masks or y[at] > 0):
                    total += dy[at]
        dx[i] = total


@kernel(of_windows)
def unpool_backward(dy, switches, dx, geometry, threads):
    """dx (N,OH,OW,C) = dy (N,H,W,C) read where each switch points."""
    i, channels, out_height, out_width = cuda.grid(1), geometry[3], geometry[4], geometry[5]
    if i < geometry[0] * out_height * out_width * channels:
        window, c = i // channels, i % channels
        line, column = window // out_width, window % out_width
        image, where = line // out_height, np.int64(switches[i])
        row = line % out_height * geometry[8] - geometry[10] + where // geometry[7] * geometry[14]
        col = column * geometry[9] - geometry[11] + where % geometry[7] * geometry[15]
        dx[i] = dy[((image * geometry[1] + row) * geometry[2] + col) * channels + c]


@kernel(of_windows)
def average_forward(x, y, geometry, count_padding, threads):
    """y = mean of each window, over its pixels inside the image (or with count_padding inside the padded image)."""
    i, channels, out_height, out_width = cuda.grid(1), geometry[3], geometry[4], geometry[5]
    if i < geometry[0] * out_height * out_width * channels:
        height, width = geometry[1], geometry[2]
        window, c = i // channels, i % channels
        line, column = window // out_width, window % out_width
        image, row0 = line // out_height, line % out_height * geometry[8] - geometry[10]
        col0 = column * geometry[9] - geometry[11]
        total = np.float32(0)
        for row in range(max(row0, 0), min(row0 + geometry[6], height)):
            for col in range(max(col0, 0), min(col0 + geometry[7], width)):
                total += x[((image * height + row) * width + col) * channels + c]
        y[i] = total / np.float32(divisor(row0, col0, geometry, count_padding))


@kernel(of_pixels)
def average_backward(dy, dx, geometry, count_padding, threads):
    """dx = dy shared out evenly over each window."""
    i, height, width, channels = cuda.grid(1), geometry[1], geometry[2], geometry[3]
    if i < geometry[0] * height * width * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // width, pixel % width
        image, row = line // height, line % height
        first_row, last_row = covering(row, geometry, 0)
        first_column, last_column = covering(column, geometry, 1)
        total = np.float32(0)
        for p in range(first_row, last_row):
            for q in range(first_column, last_column):
                row0, col0 = p * geometry[8] - geometry[10], q * geometry[9] - geometry[11]
                gradient = dy[((image * geometry[4] + p) * geometry[5] + q) * channels + c]
                total += gradient / np.float32(divisor(row0, col0, geometry, count_padding))
        dx[i] = total


@kernel(per("batch", "channels"))
def global_average_forward(x, y, batch, pixels, channels, threads):
    """y (N,C) = mean of x (N,H·W,C) over pixels."""
    i = cuda.grid(1)
    if i < batch * channels:
        at, total = i // channels * pixels * channels + i % channels, np.float32(0)
        for pixel in range(pixels):
            total += x[at + pixel * channels]
        y[i] = total / np.float32(pixels)


@kernel(per("batch", "pixels", "channels"))
def global_average_backward(dy, dx, batch, pixels, channels, threads):
    """dx = dy / pixels at every pixel."""
    i = cuda.grid(1)
    if i < batch * pixels * channels:
        dx[i] = dy[i // (pixels * channels) * channels + i % channels] / np.float32(pixels)
