"""Kernels that rearrange values and resize images on the CPU."""

import numba
import numpy as np

from ...kernels.jit import kernel
from ...kernels.panel import copy_window
from .scalar import around, outputs_of, share_of


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


@kernel
def copy_images(x, y, batch, channels, height, width, out_height, out_width, row0, column0, threads):
    """y (batch, out_height, out_width) = the window of x (batch, height, width) from (row0, column0), zeros outside."""
    lines, pitch = batch * out_height, width * channels
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image, row = line // out_height, row0 + line % out_height
            copy_window(
                x, image * height * pitch, pitch, row, 1, height, column0, out_width, width, 0, channels, channels,
                y, line * out_width * channels,
            )  # fmt: skip


@kernel
def nearest_forward(x, y, batch, height, width, channels, rows, columns, threads):
    """Each pixel of x becomes rows × columns pixels of y."""
    lines, pitch = batch * height, width * columns * channels
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            first = y[line * rows * pitch : line * rows * pitch + pitch]
            for column in range(width * columns):
                source = (line * width + column // columns) * channels
                values, out = x[source : source + channels], first[column * channels : (column + 1) * channels]
                for c in range(channels):
                    out[c] = values[c]
            for row in range(line * rows + 1, (line + 1) * rows):
                out = y[row * pitch : (row + 1) * pitch]
                for i in range(pitch):
                    out[i] = first[i]


@kernel
def nearest_backward(dy, dx, batch, height, width, channels, rows, columns, threads):
    """dx = the sum over the rows × columns pixels that each pixel became."""
    lines, pitch = batch * height, width * columns * channels
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            for column in range(width):
                at = (line * width + column) * channels
                total = dx[at : at + channels]
                total[:] = np.float32(0)
                for row in range(line * rows, (line + 1) * rows):
                    for source in range(column * columns, (column + 1) * columns):
                        start = row * pitch + source * channels
                        values = dy[start : start + channels]
                        for c in range(channels):
                            total[c] += values[c]


@kernel
def bilinear_forward(x, y, batch, height, width, channels, rows, columns, threads):
    """Each value of y is blended from the four values of x around it."""
    lines = batch * height * rows
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image, row = line // (height * rows), line % (height * rows)
            top, bottom, down = around(row, rows, height)
            upper, lower = (image * height + top) * width, (image * height + bottom) * width
            for column in range(width * columns):
                left, right, across = around(column, columns, width)
                a, b = (upper + left) * channels, (upper + right) * channels
                d, e = (lower + left) * channels, (lower + right) * channels
                top_left, top_right = x[a : a + channels], x[b : b + channels]
                bottom_left, bottom_right = x[d : d + channels], x[e : e + channels]
                at = (line * width * columns + column) * channels
                out = y[at : at + channels]
                for c in range(channels):
                    above = top_left[c] + across * (top_right[c] - top_left[c])
                    below = bottom_left[c] + across * (bottom_right[c] - bottom_left[c])
                    out[c] = above + down * (below - above)


@kernel
def bilinear_backward(dy, dx, batch, height, width, channels, rows, columns, threads):
    """dx = the sum over the values of dy that each value had a share in, times that share."""
    lines, out_height, out_width = batch * height, height * rows, width * columns
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image, row = line // height, line % height
            first_row, last_row = outputs_of(row, rows, height)
            for column in range(width):
                first_column, last_column = outputs_of(column, columns, width)
                at = (line * width + column) * channels
                total = dx[at : at + channels]
                total[:] = np.float32(0)
                for i in range(first_row, last_row):
                    down = share_of(row, i, rows, height)
                    for j in range(first_column, last_column):
                        share = down * share_of(column, j, columns, width)
                        start = ((image * out_height + i) * out_width + j) * channels
                        values = dy[start : start + channels]
                        for c in range(channels):
                            total[c] += share * values[c]
