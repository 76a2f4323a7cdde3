"""Sliding products on the GPU: convolution forward, the gradient of its input, and products of matrices.

One kernel computes, for every pixel of a *phase* and every filter of a group, the sum over the phase's taps and the
group's channels: an implicit product of matrices, whose left one is gathered from the image as it is read. Forward
there is one phase; the gradient of an input with stride s has s × s of them, each with every s-th tap, so that no zeros
are multiplied. A product of matrices is the case of one tap and one pixel an image.

Tables (int32): a phase is (first tap, taps, rows, columns, first row, first column); a tap is (rows, columns, place):
how far its pixel lies from the window's corner, and the place of its weights. Weights are (places, channels of a group,
all filters). `sizes` are:
"""

from functools import cache

import numpy as np
from numba import float32

from .cuda_jit import BLOCK, SIMULATED, CudaKernel, cuda, kernel, sequence
from .cuda_tile import DEPTH, I, U, finished, multiplier, threads_of
from .cuda_vector import load4, store4

SIZES = (
    "batch", "height", "width", "channels", "target_height", "target_width", "filters", "groups",
    "step_rows", "step_columns", "spread_rows", "spread_columns",
)  # fmt: skip
"""The source and the target; how far the window moves for the next pixel of a phase; how far that is in the target."""
PHASE, TAP = 6, 3
_FEW = 8  # filters or channels of a group below which tiles would be mostly empty


@cache
def tiled(rows, columns, aligned, mixed) -> CudaKernel:  # noqa: PLR0915
    """The kernel for tiles of rows × columns outputs.

    `aligned`: a group's channels and filters are multiples of four, and everything is read and written by fours.
    `mixed`: channels are so few that a run of the sum goes over several taps.
    """
    block = threads_of(rows, columns)
    a_quads, b_quads = DEPTH * rows // (4 * block), DEPTH * columns // (4 * block)
    a_values, b_values = 4 * a_quads, 4 * b_quads
    a_size, b_size = 2 * DEPTH * rows, 2 * DEPTH * columns
    rows_u, columns_u, a_half, b_half = U(rows), U(columns), U(DEPTH * rows), U(DEPTH * columns)
    half_rows, half_columns, across, b_across = U(rows // 2), U(columns // 2), U(columns // 8), U(columns // 4)
    block_u, depth = U(block), I(DEPTH)
    multiply = multiplier(rows, columns)

    def slide(  # noqa: PLR0912, PLR0915
        x, w, bias, has_bias, y, what, other, floor, taps, phases, height, width, channels, target_height, target_width,
        filters, groups, step_rows, step_columns, spread_rows, spread_columns, batch,
    ):  # fmt: skip
        a_tile = cuda.shared.array(a_size, float32)
        b_tile = cuda.shared.array(b_size, float32)
        acc = cuda.local.array((8, 8), float32)
        a = cuda.local.array(8, float32)
        b = cuda.local.array(8, float32)
        va = cuda.local.array(a_values, float32)
        vb = cuda.local.array(b_values, float32)
        corner_row = cuda.local.array(a_quads, np.int32)
        corner_column = cuda.local.array(a_quads, np.int32)
        image = cuda.local.array(a_quads, np.int32)
        at_x = cuda.local.array(a_quads, np.int32)
        for i in range(8):
            for j in range(8):
                acc[i, j] = float32(0)
        t = U(cuda.threadIdx.x)
        group, phase = I(I(cuda.blockIdx.z) % I(groups)), I(I(cuda.blockIdx.z) // I(groups))
        first_tap, n_taps = I(phases[phase * 6]), I(phases[phase * 6 + 1])
        phase_rows, phase_columns = I(phases[phase * 6 + 2]), I(phases[phase * 6 + 3])
        own_channels, own_filters = I(I(channels) // I(groups)), I(I(filters) // I(groups))
        pixels = I(I(batch) * phase_rows * phase_columns)
        row0, column0 = U(U(cuda.blockIdx.x) * rows_u), U(U(cuda.blockIdx.y) * columns_u)
        if row0 >= U(pixels):
            return
        for l in range(a_quads):  # noqa: E741
            pixel = I(row0 + U((t + U(l) * block_u) >> U(1)))
            n = I(pixel // I(phase_rows * phase_columns))
            rest = I(pixel - I(n * phase_rows * phase_columns))
            p = I(rest // phase_columns)
            corner_row[l] = I(p * I(step_rows))
            corner_column[l] = I(I(rest - I(p * phase_columns)) * I(step_columns))
            image[l] = I(I(n * I(height)) * I(width)) if pixel < pixels else I(-1)
            at_x[l] = I(-1)
        quad = I((t & U(1)) << U(2))  # of the channels of a run; the same for all of a thread's pixels
        tap, c0 = I(0), I(0)
        turn = True  # the tap is new
        runs = I(0)
        if mixed:
            runs = I(I(I(n_taps * own_channels) + depth - I(1)) // depth)
        else:
            runs = I(n_taps * I(I(own_channels + depth - I(1)) // depth))
        at_a, at_b = U(U(t // across) << U(2)), U(U(t % across) << U(2))
        half = U(0)
        run = I(0)
        while run <= runs:
            more = run < runs
            if more:
                if mixed:
                    for l in range(a_quads):  # noqa: E741
                        for e in range(4):
                            k = I(c0 + quad + I(e))
                            here = I(k // own_channels)
                            value = float32(0)
                            if here < n_taps and image[l] >= I(0):
                                at = I(I(first_tap + here) * I(3))
                                h = I(corner_row[l] + taps[at])
                                v = I(corner_column[l] + taps[at + 1])
                                if h >= I(0) and v >= I(0) and h < I(height) and v < I(width):
                                    place = I(I(image[l] + I(h * I(width)) + v) * I(channels))
                                    c = I(k - I(here * own_channels))
                                    value = x[U(place + I(group * own_channels) + c)]
                            va[4 * l + e] = value
                    for l in range(b_quads):  # noqa: E741
                        index = U(t + U(l) * block_u)
                        k = I(c0 + I(index // b_across))
                        here = I(k // own_channels)
                        column = I(column0 + U(U(index % b_across) << U(2)))
                        for e in range(4):
                            value = float32(0)
                            if here < n_taps and I(column + I(e)) < own_filters:
                                place = I(taps[I(first_tap + here) * 3 + 2])
                                line = I(I(place * own_channels) + I(k - I(here * own_channels)))
                                at_w = I(I(line * I(filters)) + I(group * own_filters) + column + I(e))
                                value = w[U(at_w)]
                            vb[4 * l + e] = value
                    c0 = I(c0 + depth)
                else:
                    at = I(I(first_tap + tap) * I(3))
                    if turn:
                        for l in range(a_quads):  # noqa: E741
                            h, v = I(corner_row[l] + taps[at]), I(corner_column[l] + taps[at + 1])
                            inside = h >= I(0) and v >= I(0) and h < I(height) and v < I(width)
                            at_x[l] = I(-1)
                            if inside and image[l] >= I(0):
                                place = I(I(image[l] + I(h * I(width)) + v) * I(channels))
                                at_x[l] = I(place + I(group * own_channels) + quad)
                    for l in range(a_quads):  # noqa: E741
                        if aligned:
                            if at_x[l] >= I(0) and I(c0 + quad) < own_channels:
                                va[4 * l], va[4 * l + 1], va[4 * l + 2], va[4 * l + 3] = load4(x, U(at_x[l] + c0))
                            else:
                                va[4 * l], va[4 * l + 1] = float32(0), float32(0)
                                va[4 * l + 2], va[4 * l + 3] = float32(0), float32(0)
                        else:
                            for e in range(4):
                                value = float32(0)
                                if at_x[l] >= I(0) and I(c0 + quad + I(e)) < own_channels:
                                    value = x[U(I(at_x[l] + c0) + I(e))]
                                va[4 * l + e] = value
                    line0 = I(I(taps[at + 2]) * own_channels)
                    for l in range(b_quads):  # noqa: E741
                        index = U(t + U(l) * block_u)
                        c = I(c0 + I(index // b_across))
                        column = I(column0 + U(U(index % b_across) << U(2)))
                        at_w = I(I(I(line0 + c) * I(filters)) + I(group * own_filters) + column)
                        if aligned:
                            if c < own_channels and column < own_filters:
                                vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3] = load4(w, U(at_w))
                            else:
                                vb[4 * l], vb[4 * l + 1] = float32(0), float32(0)
                                vb[4 * l + 2], vb[4 * l + 3] = float32(0), float32(0)
                        else:
                            for e in range(4):
                                value = float32(0)
                                if c < own_channels and I(column + I(e)) < own_filters:
                                    value = w[U(at_w + I(e))]
                                vb[4 * l + e] = value
                    c0 = I(c0 + depth)
                    turn = c0 >= own_channels
                    if turn:
                        c0 = I(0)
                        tap = I(tap + I(1))
            if run > I(0):
                multiply(a_tile, b_tile, U(half * a_half + at_a), U(half * b_half + at_b), acc, a, b)
                half = U(half ^ U(1))
            if more:
                for l in range(a_quads):  # noqa: E741
                    pixel_u = U((t + U(l) * block_u) >> U(1))
                    for e in range(4):
                        a_tile[U(half * a_half + U(quad) * rows_u + U(e) * rows_u + pixel_u)] = va[4 * l + e]
                for l in range(b_quads):  # noqa: E741
                    at_tile = U(half * b_half + U(t + U(l) * block_u) * U(4))
                    store4(b_tile, at_tile, vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3])
            cuda.syncthreads()
            run = I(run + I(1))
        for ih in range(2):
            for i in range(4):
                pixel = I(row0 + at_a + U(ih) * half_rows + U(i))
                if pixel < pixels:
                    n = I(pixel // I(phase_rows * phase_columns))
                    rest = I(pixel - I(n * phase_rows * phase_columns))
                    p = I(rest // phase_columns)
                    h = I(I(p * I(spread_rows)) + phases[phase * 6 + 4])
                    v = I(I(I(rest - I(p * phase_columns)) * I(spread_columns)) + phases[phase * 6 + 5])
                    line = I(I(I(I(n * I(target_height)) + h) * I(target_width) + v) * I(filters))
                    for jh in range(2):
                        column = I(column0 + at_b + U(jh) * half_columns)
                        at = I(line + I(group * own_filters) + column)
                        for j in range(4):
                            if I(column + I(j)) < own_filters:
                                value = acc[ih * 4 + i, jh * 4 + j]
                                if has_bias:
                                    value += bias[U(I(group * own_filters) + column + I(j))]
                                beside = float32(0)
                                if what:
                                    beside = other[U(at + I(j))]
                                y[U(at + I(j))] = finished(value, what, beside, floor)

    def grid(given):
        phases = given["phases"].reshape(-1, PHASE)
        pixels = int(given["batch"]) * int((phases[:, 2] * phases[:, 3]).max())
        own = given["filters"] // given["groups"]
        return (-(-pixels // rows), -(-own // columns), given["groups"] * len(phases)), block

    return CudaKernel(slide, grid, registers=128 if block == BLOCK else 200)


def of_values(given):
    """One thread for each value of the target."""
    count = given["batch"] * given["target_height"] * given["target_width"] * given["filters"]
    return (-(-count // BLOCK),), BLOCK


@kernel(of_values)
def straight(
    x, w, bias, has_bias, y, what, other, floor, taps, phases, height, width, channels, target_height, target_width,
    filters, groups, step_rows, step_columns, spread_rows, spread_columns, batch,
):  # fmt: skip
    """The same for groups of few channels or filters (depthwise above all): a thread a value, neighbours in filters."""
    i = cuda.grid(1)
    if i < batch * target_height * target_width * filters:
        pixel, k = i // filters, i % filters
        line, v = pixel // target_width, pixel % target_width
        n, h = line // target_height, line % target_height
        phase = ((h % spread_rows) * spread_columns + v % spread_columns) * 6
        corner_row, corner_column = h // spread_rows * step_rows, v // spread_columns * step_columns
        own_channels, own_filters = channels // groups, filters // groups
        base = k // own_filters * own_channels
        total = float32(0)
        for tap in range(phases[phase], phases[phase] + phases[phase + 1]):
            row, column = corner_row + taps[tap * 3], corner_column + taps[tap * 3 + 1]
            if 0 <= row < height and 0 <= column < width:
                at = ((n * height + row) * width + column) * channels + base
                for c in range(own_channels):
                    total += x[at + c] * w[(taps[tap * 3 + 2] * own_channels + c) * filters + k]
        if has_bias:
            total += bias[k]
        y[i] = finished(total, what, other[i] if what else float32(0), floor)


def tile_for(pixels, filters):
    """Rows and columns of the tile: no more columns than filters fill, few rows where pixels are few, whole warps."""
    if SIMULATED:
        return 16, 16
    columns = next((size for size in (16, 32, 64) if filters <= size), 128)
    tall = columns == 16 or (columns != 64 and pixels > 4096)
    return (128 if tall else 64), columns


@sequence
def slide(x, w, bias, has_bias, y, what, other, floor, taps, phases, sizes):
    """The sliding product with the kernel that suits its sizes: see SIZES. `other` and `floor`: see words.py."""
    given = dict(zip(SIZES, sizes, strict=True))
    batch = given.pop("batch")
    own_channels, own_filters = given["channels"] // given["groups"], given["filters"] // given["groups"]
    args = (x, w, bias, has_bias, y, what, other, floor, taps, phases, *given.values(), batch)
    if given["groups"] > 1 and min(own_channels, own_filters) < _FEW:
        return straight.launches(*args)
    aligned = own_channels % 4 == 0 and own_filters % 4 == 0
    most = int((phases.reshape(-1, PHASE)[:, 2] * phases.reshape(-1, PHASE)[:, 3]).max())
    rows, columns = tile_for(batch * most, own_filters)
    mixed = own_channels < DEPTH
    return tiled(rows, columns, aligned and not mixed, mixed).launches(*args)


ONE_TAP = np.zeros(3, np.int32)
ONE_PIXEL = np.array([0, 1, 1, 1, 0, 0], np.int32)


def matrix_sizes(rows, reduction, columns):
    """Sizes of a product of matrices (rows, reduction) · (reduction, columns), with ONE_TAP and ONE_PIXEL."""
    return rows, 1, 1, reduction, 1, 1, columns, 1, 1, 1, 1, 1
