"""Sliding products on the GPU: convolution forward, the gradient of its input, and products of matrices.

One kernel computes, for every pixel of a *phase* and every filter of a group, the sum over the phase's taps and the
group's channels: an implicit product of matrices, whose left one is gathered from the image as it is read. Forward
there is one phase; the gradient of an input with stride s has s × s of them, each with every s-th tap, so that no zeros
are multiplied. A product of matrices is the case of one tap and one pixel an image.

Tables (int32): a phase is (first tap, taps, rows, columns, first row, first column); a tap is (rows, columns, place):
how far its pixel lies from the window's corner, and the place of its weights. Weights are (places, channels of a group,
all filters).
"""

from functools import cache

import numpy as np
from numba import float32, int32

from .cuda_direct import MOST_CHANNELS, direct, span_for
from .cuda_ending import PHASE, row_store, store_one, target_line
from .cuda_jit import BLOCK, CudaKernel, cuda, kernel, sequence
from .cuda_loads import gather_mixed, gather_run, weights_mixed, weights_run
from .cuda_tile import I, Tile, U, multiplier
from .cuda_tiles import Means, of_slide
from .cuda_vector import store4
from .modes import FLOAT32

SIZES = (
    "batch", "height", "width", "channels", "target_height", "target_width", "filters", "groups",
    "step_rows", "step_columns", "spread_rows", "spread_columns",
)  # fmt: skip
"""The source and the target; how far the window moves for the next pixel of a phase; how far that is in the target."""
_FEW = 8  # filters or channels of a group below which tiles would be mostly empty


@cache
def tiled(tile: Tile, aligned: bool, mixed: bool) -> CudaKernel:  # noqa: PLR0915
    """The kernel for tiles of this kind.

    `aligned`: a group's channels and filters are multiples of four, and everything is read by fours.
    `mixed`: channels are so few that a run of the sum goes over several taps.
    """
    rows, columns, block, by = tile.rows, tile.columns, tile.threads, multiplier(tile)
    multiply, reads, place, room = by.multiply, by.reads, by.place, by.room
    a_quads, b_quads = tile.depth * rows // (4 * block), tile.depth * columns // (4 * block)
    a_values, b_values = 4 * a_quads, 4 * b_quads
    a_pitch, b_pitch, a_half, b_half = U(by.pitch[0]), U(by.pitch[1]), *(U(tile.depth * pitch) for pitch in by.pitch)
    a_size, b_size = 2 * tile.depth * by.pitch[0], 2 * tile.depth * by.pitch[1]
    rows_u, columns_u, row_gap, across = U(rows), U(columns), U(by.gap[0]), U(columns // 4)
    block_u, depth, fours = U(block), I(tile.depth), U(tile.depth // 4)
    gather_several, several_weights = gather_mixed(a_quads), weights_mixed(b_quads, columns, tile.depth, block)
    gather, weights = gather_run(a_quads, aligned), weights_run(b_quads, columns, tile.depth, block, aligned)
    store = row_store(by.gap[1], aligned and not tile.held)  # at once takes more registers

    def slide(  # noqa: PLR0912, PLR0915  one kernel: registers cannot be passed on
        x, w, bias, has_bias, y, what, other, floor, taps, phases, height, width, channels, target_height, target_width,
        filters, groups, step_rows, step_columns, spread_rows, spread_columns, batch,
    ):  # fmt: skip
        a_tile = cuda.shared.array(a_size, float32)
        b_tile = cuda.shared.array(b_size, float32)
        target = cuda.shared.array(rows, int32)
        acc = cuda.local.array((8, 8), float32)
        a, b = cuda.local.array(room, float32), cuda.local.array(room, float32)
        va, vb = cuda.local.array(a_values, float32), cuda.local.array(b_values, float32)
        corner_row, corner_column = cuda.local.array(a_quads, int32), cuda.local.array(a_quads, int32)
        image, at_x = cuda.local.array(a_quads, int32), cuda.local.array(a_quads, int32)
        for i in range(8):
            for j in range(8):
                acc[i, j] = float32(0)
        t = U(cuda.threadIdx.x)
        group, phase = I(I(cuda.blockIdx.z) % I(groups)), I(I(cuda.blockIdx.z) // I(groups))
        first_tap, n_taps = I(phases[phase * 6]), I(phases[phase * 6 + 1])
        of_row, of_image = I(phases[phase * 6 + 3]), I(I(phases[phase * 6 + 2]) * I(phases[phase * 6 + 3]))
        own_channels, own_filters = I(I(channels) // I(groups)), I(I(filters) // I(groups))
        pixels = I(I(batch) * of_image)
        row0, column0 = U(U(cuda.blockIdx.x) * rows_u), U(U(cuda.blockIdx.y) * columns_u)
        if row0 >= U(pixels):
            return
        for l in range(a_quads):  # noqa: E741
            pixel = I(row0 + U(U(t + U(l) * block_u) // fours))
            n = I(pixel // of_image)
            rest = I(pixel - I(n * of_image))
            p = I(rest // of_row)
            corner_row[l], corner_column[l] = I(p * I(step_rows)), I(I(rest - I(p * of_row)) * I(step_columns))
            image[l] = I(I(n * I(height)) * I(width)) if pixel < pixels else I(-1)
            at_x[l] = I(-1)
        row = t
        while row < rows_u:
            pixel, line = I(row0 + row), I(-1)
            if pixel < pixels:
                line = target_line(pixel, phases, phase, target_height, target_width, spread_rows, spread_columns)
            target[row] = line
            row = U(row + block_u)
        quad = I(U(t % fours) << U(2))  # of the channels of a run; the same for all of a thread's pixels
        tap, c0, run, half = I(0), I(0), I(0), U(0)
        if mixed:
            runs = I(I(I(n_taps * own_channels) + depth - I(1)) // depth)
        else:
            runs = I(n_taps * I(I(own_channels + depth - I(1)) // depth))
        at_a, at_b = reads(t)
        while run <= runs:
            more = run < runs
            if more and mixed:
                gather_several(
                    x, taps, first_tap, n_taps, I(c0 + quad), own_channels, group, image, corner_row, corner_column,
                    height, width, channels, va,
                )  # fmt: skip
                several_weights(
                    w, taps, first_tap, n_taps, c0, own_channels, own_filters, group, filters, t, column0, vb
                )
                c0 = I(c0 + depth)
            elif more:
                at = I(I(first_tap + tap) * I(3))
                gather(
                    x, taps, at, c0, quad, own_channels, group, image, corner_row, corner_column, at_x, height, width,
                    channels, va,
                )  # fmt: skip
                weights(w, I(taps[at + 2]), c0, own_channels, own_filters, group, filters, t, column0, vb)
                c0 = I(c0 + depth)
                if c0 >= own_channels:
                    c0, tap = I(0), I(tap + I(1))
            if run > I(0):
                multiply(a_tile, b_tile, U(half * a_half + at_a), U(half * b_half + at_b), acc, a, b)
                half = U(half ^ U(1))
            if more:
                for l in range(a_quads):  # noqa: E741
                    at_tile = U(half * a_half + U(t % fours) * a_pitch + U(U(t + U(l) * block_u) // fours))
                    for e in range(4):
                        a_tile[U(at_tile + U(e) * fours * a_pitch)] = va[4 * l + e]
                for l in range(b_quads):  # noqa: E741
                    index = U(t + U(l) * block_u)
                    at_tile = U(half * b_half + U(index // across) * b_pitch + U(U(index % across) << U(2)))
                    store4(b_tile, at_tile, vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3])
            cuda.syncthreads()
            run = I(run + I(1))
        ending = (bias, has_bias, y, what, other, floor)
        own_row, own_column = place(t)
        at, first = I(column0 + own_column), I(group * own_filters)
        # written out: a loop that is not unrolled would have the sums in memory
        store(acc, 0, target[own_row], at, first, own_filters, filters, *ending)
        store(acc, 1, target[U(own_row + U(1))], at, first, own_filters, filters, *ending)
        store(acc, 2, target[U(own_row + U(2))], at, first, own_filters, filters, *ending)
        store(acc, 3, target[U(own_row + U(3))], at, first, own_filters, filters, *ending)
        own_row = U(own_row + row_gap)
        store(acc, 4, target[own_row], at, first, own_filters, filters, *ending)
        store(acc, 5, target[U(own_row + U(1))], at, first, own_filters, filters, *ending)
        store(acc, 6, target[U(own_row + U(2))], at, first, own_filters, filters, *ending)
        store(acc, 7, target[U(own_row + U(3))], at, first, own_filters, filters, *ending)

    def grid(given):
        phases = given["phases"].reshape(-1, PHASE)
        pixels = int(given["batch"]) * int((phases[:, 2] * phases[:, 3]).max())
        own = given["filters"] // given["groups"]
        return (-(-pixels // rows), -(-own // columns), given["groups"] * len(phases)), block

    return CudaKernel(slide, grid, tile.registers, tile.held)


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
        store_one(total, i, k, bias, has_bias, y, what, other, floor)


def kernel_for(phases, sizes, means: Means) -> tuple[CudaKernel, str]:
    """The kernel that suits these sizes (see SIZES), and what it is called in a plan's description."""
    given = dict(zip(SIZES, sizes, strict=True))
    groups = given["groups"]
    own_channels, own_filters = given["channels"] // groups, given["filters"] // groups
    if groups > 1 and min(own_channels, own_filters) < _FEW:
        return straight, f"straight sums, {FLOAT32}"
    tables = phases.reshape(-1, PHASE)
    if groups == 1 and len(tables) == 1 and own_channels <= MOST_CHANNELS:
        return direct(span_for(own_filters), own_filters % 4 == 0), f"direct sums, {FLOAT32}"
    most = given["batch"] * int((tables[:, 2] * tables[:, 3]).max())
    tile = of_slide(means, most, own_filters, groups * len(tables))
    mixed = own_channels < tile.depth
    aligned = own_channels % 4 == 0 and own_filters % 4 == 0 and not mixed
    return tiled(tile, aligned, mixed), f"implicit product {tile.rows}×{tile.columns}, {tile.mode}"


@sequence
def slide(x, w, bias, has_bias, y, what, other, floor, taps, phases, sizes, means: Means):
    """The sliding product with the kernel that suits its sizes: see SIZES. `other` and `floor`: see words.py."""
    batch, *rest = sizes
    args = (x, w, bias, has_bias, y, what, other, floor, taps, phases, *rest, batch)
    return kernel_for(phases, sizes, means)[0].launches(*args)


ONE_TAP = np.zeros(3, np.int32)
ONE_PIXEL = np.array([0, 1, 1, 1, 0, 0], np.int32)


def matrix_sizes(rows, reduction, columns):
    """Sizes of a product of matrices (rows, reduction) · (reduction, columns), with ONE_TAP and ONE_PIXEL."""
    return rows, 1, 1, reduction, 1, 1, columns, 1, 1, 1, 1, 1
