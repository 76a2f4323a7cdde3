"""Pooling on the CPU. Loops run over channels innermost, which is contiguous memory in NHWC order."""

import numba
import numpy as np

from ...kernels.jit import kernel


def _max_forward(switch_type):
    """The kernel for switches of one integer type."""

    @kernel
    def max_forward(x, y, switches, geometry, threads):
        """y = maximum of each window; switches = its position r·S + s within the window (the first of equals; NaN wins).

        geometry: N, H, W, C, OH, OW, R, S, stride rows, stride columns, top, left.
        """
        batch, height, width, channels, out_height, out_width = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
        kernel_rows, kernel_cols, step_rows, step_cols, top, left = geometry[6], geometry[7], geometry[8], geometry[9], geometry[10], geometry[11]
        lines = batch * out_height
        for thread in numba.prange(threads):
            for line in range(thread * lines // threads, (thread + 1) * lines // threads):
                image, row = line // out_height, line % out_height
                for column in range(out_width):
                    at = (line * out_width + column) * channels
                    begun = False
                    for r in range(kernel_rows):
                        h = row * step_rows - top + r
                        if h < 0 or h >= height:
                            continue
                        for s in range(kernel_cols):
                            w = column * step_cols - left + s
                            if w < 0 or w >= width:
                                continue
                            source = ((image * height + h) * width + w) * channels
                            here = switch_type(r * kernel_cols + s)
                            if not begun:
                                for c in range(channels):
                                    y[at + c] = x[source + c]
                                    switches[at + c] = here
                                begun = True
                            else:
                                for c in range(channels):
                                    value, best = x[source + c], y[at + c]
                                    wins = not (value <= best) and best == best
                                    y[at + c] = value if wins else best
                                    switches[at + c] = here if wins else switches[at + c]

    return max_forward


MAX_FORWARD = {name: _max_forward(kind) for name, kind in (("uint8", np.uint8), ("uint32", np.uint32))}


@kernel
def max_backward(dy, switches, dx, geometry, threads):
    """dx = dy sent back to where each maximum was: unpooling by switches. Overlapping windows add up."""
    batch, height, width, channels, out_height, out_width = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    kernel_rows, kernel_cols, step_rows, step_cols, top, left = geometry[6], geometry[7], geometry[8], geometry[9], geometry[10], geometry[11]
    plane = height * width * channels
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            for i in range(image * plane, (image + 1) * plane):
                dx[i] = np.float32(0)
            for row in range(out_height):
                for column in range(out_width):
                    at = ((image * out_height + row) * out_width + column) * channels
                    for r in range(kernel_rows):
                        h = row * step_rows - top + r
                        if h < 0 or h >= height:
                            continue
                        for s in range(kernel_cols):
                            w = column * step_cols - left + s
                            if w < 0 or w >= width:
                                continue
                            target = ((image * height + h) * width + w) * channels
                            here = r * kernel_cols + s
                            for c in range(channels):
                                dx[target + c] += dy[at + c] if switches[at + c] == here else np.float32(0)


@kernel
def average_forward(x, y, geometry, count_padding, threads):
    """y = mean of each window, over its pixels inside the image (or over the whole window with count_padding)."""
    batch, height, width, channels, out_height, out_width = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    kernel_rows, kernel_cols, step_rows, step_cols, top, left = geometry[6], geometry[7], geometry[8], geometry[9], geometry[10], geometry[11]
    lines = batch * out_height
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image, row = line // out_height, line % out_height
            first_row, last_row = max(row * step_rows - top, 0), min(row * step_rows - top + kernel_rows, height)
            for column in range(out_width):
                first_col, last_col = max(column * step_cols - left, 0), min(column * step_cols - left + kernel_cols, width)
                at = (line * out_width + column) * channels
                for c in range(channels):
                    y[at + c] = np.float32(0)
                for h in range(first_row, last_row):
                    for w in range(first_col, last_col):
                        source = ((image * height + h) * width + w) * channels
                        for c in range(channels):
                            y[at + c] += x[source + c]
                inside = (last_row - first_row) * (last_col - first_col)
                scale = np.float32(1.0 / (kernel_rows * kernel_cols if count_padding else inside))
                for c in range(channels):
                    y[at + c] *= scale


@kernel
def average_backward(dy, dx, geometry, count_padding, threads):
    """dx = dy shared out evenly over each window."""
    batch, height, width, channels, out_height, out_width = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    kernel_rows, kernel_cols, step_rows, step_cols, top, left = geometry[6], geometry[7], geometry[8], geometry[9], geometry[10], geometry[11]
    plane = height * width * channels
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            for i in range(image * plane, (image + 1) * plane):
                dx[i] = np.float32(0)
            for row in range(out_height):
                first_row, last_row = max(row * step_rows - top, 0), min(row * step_rows - top + kernel_rows, height)
                for column in range(out_width):
                    first_col, last_col = max(column * step_cols - left, 0), min(column * step_cols - left + kernel_cols, width)
                    at = ((image * out_height + row) * out_width + column) * channels
                    inside = (last_row - first_row) * (last_col - first_col)
                    scale = np.float32(1.0 / (kernel_rows * kernel_cols if count_padding else inside))
                    for h in range(first_row, last_row):
                        for w in range(first_col, last_col):
                            target = ((image * height + h) * width + w) * channels
                            for c in range(channels):
                                dx[target + c] += dy[at + c] * scale


@kernel
def global_average_forward(x, y, batch, pixels, channels, threads):
    """y (N,C) = mean of x (N,H·W,C) over pixels."""
    scale = np.float32(1.0 / pixels)
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            at = image * channels
            for c in range(channels):
                y[at + c] = np.float32(0)
            for pixel in range(pixels):
                source = (image * pixels + pixel) * channels
                for c in range(channels):
                    y[at + c] += x[source + c]
            for c in range(channels):
                y[at + c] *= scale


@kernel
def global_average_backward(dy, dx, batch, pixels, channels, threads):
    """dx = dy / pixels at every pixel."""
    scale = np.float32(1.0 / pixels)
    for thread in numba.prange(threads):
        for line in range(thread * batch * pixels // threads, (thread + 1) * batch * pixels // threads):
            at = line // pixels * channels
            for c in range(channels):
                dx[line * channels + c] = dy[at + c] * scale
