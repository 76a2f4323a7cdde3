"""Pooling on the CPU. The innermost loops run over channels, contiguous in memory; slices make them vector code."""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.jit import kernel

# Geometry arrays of windowed kernels: N, H, W, C, OH, OW, R, S, stride rows, stride columns, top, left.


@register_jitable
def reach(position, step, before, kernel, length):
    """First source index of a window (may be negative) and the range of its taps that lie inside the image."""
    start = position * step - before
    return start, max(-start, 0), min(kernel, length - start)


def _max_forward(switch_type):
    """The kernel for switches of one integer type."""

    @kernel
    def max_forward(x, y, switches, geometry, threads):
        """y = maximum of each window; switches = its position r·S + s in the window (the first of equals; NaN wins)."""
        height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
        lines = geometry[0] * out_height
        for thread in numba.prange(threads):
            for line in range(thread * lines // threads, (thread + 1) * lines // threads):
                image = line // out_height
                row0, r_first, r_last = reach(line % out_height, geometry[8], geometry[10], geometry[6], height)
                for column in range(out_width):
                    col0, s_first, s_last = reach(column, geometry[9], geometry[11], geometry[7], width)
                    at = (line * out_width + column) * channels
                    best, where = y[at : at + channels], switches[at : at + channels]
                    for r in range(r_first, r_last):
                        for s in range(s_first, s_last):
                            source = ((image * height + row0 + r) * width + col0 + s) * channels
                            values = x[source : source + channels]
                            here = switch_type(r * geometry[7] + s)
                            if r == r_first and s == s_first:
                                for c in range(channels):
                                    best[c] = values[c]
                                    where[c] = here
                            else:
                                for c in range(channels):
                                    wins = (values[c] > best[c]) | (values[c] != values[c])
                                    best[c] = values[c] if wins else best[c]
                                    where[c] = here if wins else where[c]

    return max_forward


MAX_FORWARD = {name: _max_forward(kind) for name, kind in (("uint8", np.uint8), ("uint32", np.uint32))}


@kernel
def max_backward(dy, switches, y, masks, dx, geometry, threads):
    """dx = dy sent back to where each maximum was: unpooling by switches. Overlapping windows add up.

    With `masks`, nothing is sent where the maximum y is not positive.
    """
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    batch, plane = geometry[0], height * width * channels
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            dx[image * plane : (image + 1) * plane] = np.float32(0)
            for row in range(out_height):
                row0, r_first, r_last = reach(row, geometry[8], geometry[10], geometry[6], height)
                for column in range(out_width):
                    col0, s_first, s_last = reach(column, geometry[9], geometry[11], geometry[7], width)
                    at = ((image * out_height + row) * out_width + column) * channels
                    gradient, where, best = dy[at : at + channels], switches[at : at + channels], y[at : at + channels]
                    for r in range(r_first, r_last):
                        for s in range(s_first, s_last):
                            target = ((image * height + row0 + r) * width + col0 + s) * channels
                            sink = dx[target : target + channels]
                            here = r * geometry[7] + s
                            for c in range(channels):
                                passes = (where[c] == here) & ((best[c] > 0) | (not masks))
                                sink[c] += gradient[c] if passes else np.float32(0)


@kernel
def average_forward(x, y, geometry, count_padding, threads):
    """y = mean of each window, over its pixels inside the image (or over the whole window with count_padding)."""
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    lines, window = geometry[0] * out_height, geometry[6] * geometry[7]
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image = line // out_height
            row0, r_first, r_last = reach(line % out_height, geometry[8], geometry[10], geometry[6], height)
            for column in range(out_width):
                col0, s_first, s_last = reach(column, geometry[9], geometry[11], geometry[7], width)
                at = (line * out_width + column) * channels
                mean = y[at : at + channels]
                mean[:] = np.float32(0)
                for r in range(r_first, r_last):
                    for s in range(s_first, s_last):
                        source = ((image * height + row0 + r) * width + col0 + s) * channels
                        values = x[source : source + channels]
                        for c in range(channels):
                            mean[c] += values[c]
                scale = np.float32(1.0 / (window if count_padding else (r_last - r_first) * (s_last - s_first)))
                for c in range(channels):
                    mean[c] *= scale


@kernel
def average_backward(dy, dx, geometry, count_padding, threads):
    """dx = dy shared out evenly over each window."""
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    batch, plane, window = geometry[0], height * width * channels, geometry[6] * geometry[7]
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            dx[image * plane : (image + 1) * plane] = np.float32(0)
            for row in range(out_height):
                row0, r_first, r_last = reach(row, geometry[8], geometry[10], geometry[6], height)
                for column in range(out_width):
                    col0, s_first, s_last = reach(column, geometry[9], geometry[11], geometry[7], width)
                    at = ((image * out_height + row) * out_width + column) * channels
                    gradient = dy[at : at + channels]
                    scale = np.float32(1.0 / (window if count_padding else (r_last - r_first) * (s_last - s_first)))
                    for r in range(r_first, r_last):
                        for s in range(s_first, s_last):
                            target = ((image * height + row0 + r) * width + col0 + s) * channels
                            sink = dx[target : target + channels]
                            for c in range(channels):
                                sink[c] += gradient[c] * scale


@kernel
def global_average_forward(x, y, batch, pixels, channels, threads):
    """y (N,C) = mean of x (N,H·W,C) over pixels."""
    scale = np.float32(1.0 / pixels)
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            mean = y[image * channels : (image + 1) * channels]
            mean[:] = np.float32(0)
            for pixel in range(image * pixels, (image + 1) * pixels):
                values = x[pixel * channels : (pixel + 1) * channels]
                for c in range(channels):
                    mean[c] += values[c]
            for c in range(channels):
                mean[c] *= scale


@kernel
def global_average_backward(dy, dx, batch, pixels, channels, threads):
    """dx = dy / pixels at every pixel."""
    scale = np.float32(1.0 / pixels)
    lines = batch * pixels
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            gradient = dy[line // pixels * channels : (line // pixels + 1) * channels]
            sink = dx[line * channels : (line + 1) * channels]
            for c in range(channels):
                sink[c] = gradient[c] * scale
