"""Pooling on the CPU. The innermost loops run over channels, contiguous in memory; slices make them vector code."""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.jit import kernel
from ...kernels.simd import (
    add,
    broadcast,
    load_first,
    load_integers,
    store_first,
    store_integers,
    where_beaten,
    where_equal,
    where_positive,
)
from ...kernels.vector import LANES

# Geometry arrays of windowed kernels:
# N, H, W, C, OH, OW, R, S, stride rows, stride columns, top, left, bottom, right, dilation rows, dilation columns.


@register_jitable
def reach(position, geometry, axis):
    """First source index of a window (may be negative) and the range of its taps that lie inside the image."""
    start, spacing = position * geometry[8 + axis] - geometry[10 + axis], geometry[14 + axis]
    first, last = max(-start, 0), geometry[1 + axis] - start
    if spacing > 1:  # divisions take as long as a small window
        first, last = (first + spacing - 1) // spacing, (last + spacing - 1) // spacing
    return start, first, min(geometry[6 + axis], last)


@register_jitable
def divisor(row0, col0, inside, geometry, count_padding):
    """What a mean is divided by: its pixels inside the image, or with count_padding those in its padding too."""
    if not count_padding:
        return inside
    rows = min(geometry[6], geometry[1] + geometry[12] - row0)
    return rows * min(geometry[7], geometry[2] + geometry[13] - col0)


# Windows without gaps are a case of their own: the compiler makes better code of it.


@register_jitable(forceinline=True)
def largest(x, corner, count, taps, down, across):
    """A window's maximum and its position r·S + s, for the first `count` channels from its corner."""
    r_first, r_last, s_first, s_last, width = taps
    best, where = broadcast(np.float32(-np.inf)), broadcast(np.float32(r_first * width + s_first))
    for r in range(r_first, r_last):
        for s in range(s_first, s_last):
            value = load_first(x, corner + r * down + s * across, count)
            where = where_beaten(best, value, broadcast(np.float32(r * width + s)), where)
            best = where_beaten(best, value, value, best)
    return best, where


@register_jitable(forceinline=True)
def send(gradient, where, dx, corner, count, taps, down, across, overlap):
    """The gradient to the tap of a window that `where` tells; nothing to the others."""
    r_first, r_last, s_first, s_last, width = taps
    for r in range(r_first, r_last):
        for s in range(s_first, s_last):
            target = corner + r * down + s * across
            share = where_equal(where, broadcast(np.float32(r * width + s)), gradient)
            if overlap:
                share = add(load_first(dx, target, count), share)
            store_first(dx, target, share, count)


@kernel
def max_forward(x, y, switches, geometry, threads):
    """y = maximum of each window; switches = its position r·S + s in the window (the first of equals; NaN wins)."""
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    lines, pitch = geometry[0] * out_height, width * channels
    down, across = geometry[14] * pitch, geometry[15] * channels  # from tap to tap
    dilated = geometry[14] > 1 or geometry[15] > 1
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image = line // out_height
            row0, r_first, r_last = reach(line % out_height, geometry, 0)
            for column in range(out_width):
                col0, s_first, s_last = reach(column, geometry, 1)
                at, corner = (line * out_width + column) * channels, (image * height + row0) * pitch + col0 * channels
                for c in range(0, channels, LANES):
                    count = min(LANES, channels - c)
                    taps = r_first, r_last, s_first, s_last, geometry[7]
                    if dilated:
                        best, where = largest(x, corner + c, count, taps, down, across)
                    else:
                        best, where = largest(x, corner + c, count, taps, pitch, channels)
                    store_first(y, at + c, best, count)
                    store_integers(switches, at + c, where, count)


@kernel
def max_backward(dy, switches, y, masks, dx, geometry, threads):
    """dx = dy sent back to where each maximum was: unpooling by switches, too. Overlapping windows add up.

    With `masks`, nothing is sent where the maximum y is not positive.
    """
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    batch, pitch = geometry[0], width * channels
    down, across = geometry[14] * pitch, geometry[15] * channels  # from tap to tap
    dilated = geometry[14] > 1 or geometry[15] > 1
    rows, columns = (geometry[6] - 1) * geometry[14] + 1, (geometry[7] - 1) * geometry[15] + 1
    overlap = geometry[8] < rows or geometry[9] < columns
    without_gaps = rows == geometry[6] == geometry[8] and columns == geometry[7] == geometry[9]
    side_by_side = without_gaps and geometry[10] == geometry[11] == 0
    covered = side_by_side and out_height * geometry[6] >= height and out_width * geometry[7] >= width
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            if not covered:
                dx[image * height * pitch : (image + 1) * height * pitch] = np.float32(0)
            for row in range(out_height):
                row0, r_first, r_last = reach(row, geometry, 0)
                for column in range(out_width):
                    col0, s_first, s_last = reach(column, geometry, 1)
                    at = ((image * out_height + row) * out_width + column) * channels
                    corner = (image * height + row0) * pitch + col0 * channels
                    for c in range(0, channels, LANES):
                        count = min(LANES, channels - c)
                        gradient, where = load_first(dy, at + c, count), load_integers(switches, at + c, count)
                        if masks:
                            gradient = where_positive(load_first(y, at + c, count), gradient)
                        taps = r_first, r_last, s_first, s_last, geometry[7]
                        if dilated:
                            send(gradient, where, dx, corner + c, count, taps, down, across, overlap)
                        else:
                            send(gradient, where, dx, corner + c, count, taps, pitch, channels, overlap)


@kernel
def unpool_backward(dy, switches, dx, geometry, threads):
    """dx (N,OH,OW,C) = dy (N,H,W,C) read where each switch points."""
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    lines, pitch = geometry[0] * out_height, width * channels
    down, across = geometry[14] * pitch, geometry[15] * channels  # from tap to tap
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image = line // out_height
            row0, r_first, r_last = reach(line % out_height, geometry, 0)
            for column in range(out_width):
                col0, s_first, s_last = reach(column, geometry, 1)
                at, corner = (line * out_width + column) * channels, (image * height + row0) * pitch + col0 * channels
                for c in range(0, channels, LANES):
                    count = min(LANES, channels - c)
                    where, gradient = load_integers(switches, at + c, count), broadcast(np.float32(0))
                    for r in range(r_first, r_last):
                        for s in range(s_first, s_last):
                            here = load_first(dy, corner + r * down + s * across + c, count)
                            share = where_equal(where, broadcast(np.float32(r * geometry[7] + s)), here)
                            gradient = add(gradient, share)
                    store_first(dx, at + c, gradient, count)


@kernel
def average_forward(x, y, geometry, count_padding, threads):
    """y = mean of each window, over its pixels inside the image (or with count_padding inside the padded image)."""
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    lines = geometry[0] * out_height
    for thread in numba.prange(threads):
        for line in range(thread * lines // threads, (thread + 1) * lines // threads):
            image = line // out_height
            row0, r_first, r_last = reach(line % out_height, geometry, 0)
            for column in range(out_width):
                col0, s_first, s_last = reach(column, geometry, 1)
                at = (line * out_width + column) * channels
                mean = y[at : at + channels]
                mean[:] = np.float32(0)
                for r in range(r_first, r_last):
                    for s in range(s_first, s_last):
                        source = ((image * height + row0 + r) * width + col0 + s) * channels
                        values = x[source : source + channels]
                        for c in range(channels):
                            mean[c] += values[c]
                inside = (r_last - r_first) * (s_last - s_first)
                scale = np.float32(1.0 / divisor(row0, col0, inside, geometry, count_padding))
                for c in range(channels):
                    mean[c] *= scale


@kernel
def average_backward(dy, dx, geometry, count_padding, threads):
    """dx = dy shared out evenly over each window."""
    height, width, channels, out_height, out_width = geometry[1], geometry[2], geometry[3], geometry[4], geometry[5]
    batch, plane = geometry[0], height * width * channels
    for thread in numba.prange(threads):
        for image in range(thread * batch // threads, (thread + 1) * batch // threads):
            dx[image * plane : (image + 1) * plane] = np.float32(0)
            for row in range(out_height):
                row0, r_first, r_last = reach(row, geometry, 0)
                for column in range(out_width):
                    col0, s_first, s_last = reach(column, geometry, 1)
                    at = ((image * out_height + row) * out_width + column) * channels
                    gradient = dy[at : at + channels]
                    inside = (r_last - r_first) * (s_last - s_first)
                    scale = np.float32(1.0 / divisor(row0, col0, inside, geometry, count_padding))
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
