"""Kernels that rearrange values and resize images on the GPU, under the names and with the arguments of cpu.py.

One thread a value written, found by its place in the output; neighbours differ in the channel.
"""

import numpy as np

from ...kernels.cuda_jit import BLOCK, Grid, cuda, kernel, per
from .scalar import around, outputs_of, share_of


def of_padded(given) -> Grid:
    """One thread for each value of the padded rows."""
    count = int(given["rows"]) * int(given["before"] + given["columns"] + given["after"])
    return (-(-count // BLOCK),), BLOCK


def of_enlarged(given) -> Grid:
    """One thread for each value of the enlarged image."""
    return per("batch", "height", "width", "channels", "rows", "columns")(given)


of_image = per("batch", "height", "width", "channels")


@kernel(of_padded)
def pad_columns(x, y, rows, columns, before, after, threads):
    """Rows of x with zeros before and after."""
    i, width = cuda.grid(1), before + columns + after
    if i < rows * width:
        row, column = i // width, i % width - before
        y[i] = x[row * columns + column] if 0 <= column < columns else np.float32(0)


@kernel(per("rows", "columns"))
def crop_columns(dy, dx, rows, columns, before, after, threads):
    """The columns that pad_columns copied."""
    i = cuda.grid(1)
    if i < rows * columns:
        dx[i] = dy[i // columns * (before + columns + after) + before + i % columns]


@kernel(per("batch", "out_height", "out_width", "channels"))
def copy_images(x, y, batch, channels, height, width, out_height, out_width, row0, column0, threads):
    """y (batch, out_height, out_width) = the window of x (batch, height, width) from (row0, column0), zeros outside."""
    i = cuda.grid(1)
    if i < batch * out_height * out_width * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // out_width, pixel % out_width + column0
        image, row = line // out_height, line % out_height + row0
        value = np.float32(0)
        if 0 <= row < height and 0 <= column < width:
            value = x[((image * height + row) * width + column) * channels + c]
        y[i] = value


@kernel(of_enlarged)
def nearest_forward(x, y, batch, height, width, channels, rows, columns, threads):
    """Each pixel of x becomes rows × columns pixels of y."""
    i = cuda.grid(1)
    if i < batch * height * rows * width * columns * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // (width * columns), pixel % (width * columns) // columns
        y[i] = x[(line // rows * width + column) * channels + c]


@kernel(of_image)
def nearest_backward(dy, dx, batch, height, width, channels, rows, columns, threads):
    """dx = the sum over the rows × columns pixels that each pixel became."""
    i = cuda.grid(1)
    if i < batch * height * width * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // width, pixel % width
        total = np.float32(0)
        for row in range(line * rows, (line + 1) * rows):
            for source in range(column * columns, (column + 1) * columns):
                total += dy[(row * width * columns + source) * channels + c]
        dx[i] = total


@kernel(of_enlarged)
def bilinear_forward(x, y, batch, height, width, channels, rows, columns, threads):
    """Each value of y is blended from the four values of x around it."""
    i = cuda.grid(1)
    if i < batch * height * rows * width * columns * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // (width * columns), pixel % (width * columns)
        image, row = line // (height * rows), line % (height * rows)
        top, bottom, down = around(row, rows, height)
        left, right, across = around(column, columns, width)
        upper, lower = (image * height + top) * width, (image * height + bottom) * width
        top_left, top_right = x[(upper + left) * channels + c], x[(upper + right) * channels + c]
        bottom_left, bottom_right = x[(lower + left) * channels + c], x[(lower + right) * channels + c]
        above = top_left + across * (top_right - top_left)
        below = bottom_left + across * (bottom_right - bottom_left)
        y[i] = above + down * (below - above)


@kernel(of_image)
def bilinear_backward(dy, dx, batch, height, width, channels, rows, columns, threads):
    """dx = the sum over the values of dy that each value had a share in, times that share."""
    i = cuda.grid(1)
    if i < batch * height * width * channels:
        pixel, c = i // channels, i % channels
        line, column = pixel // width, pixel % width
        image, row = line // height, line % height
        first_row, last_row = outputs_of(row, rows, height)
        first_column, last_column = outputs_of(column, columns, width)
        total = np.float32(0)
        for y in range(first_row, last_row):
            down = share_of(row, y, rows, height)
            for x in range(first_column, last_column):
                share = down * share_of(column, x, columns, width)
                total += share * dy[((image * height * rows + y) * width * columns + x) * channels + c]
        dx[i] = total
