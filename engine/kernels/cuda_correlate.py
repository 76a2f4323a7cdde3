"""The gradient of a convolution's weights on the GPU: the product of what every tap reads with the outputs' gradient.

The sum goes over all pixels of a batch, which few weights would leave to few blocks: so the pixels are shared among
`workers`, each writes sums of its own, and these are added up in their order. Tables and sizes: see cuda_slide.py; a
window moves by the step, and the target is the output.
"""

from functools import cache

from numba import float32, int32

from .cuda_jit import BLOCK, SIMULATED, CudaKernel, cuda, device, kernel, sequence
from .cuda_loads import gradients_run, pixels_run
from .cuda_sums import add_workers
from .cuda_tile import I, Tile, U, multiplier
from .cuda_tiles import Means, of_correlation
from .cuda_vector import store4

TAP = 3  # numbers of a tap
SIZES = (
    "batch", "height", "width", "channels", "out_height", "out_width", "filters", "groups", "step_rows", "step_columns",
)  # fmt: skip
_FEW = 8  # filters or channels of a group below which tiles would be mostly empty
_PIXELS = 64 if SIMULATED else 512
"""Pixels that a worker should at least have."""
_MOST_VALUES = 1 << 24  # of all workers' sums: 64 MiB


@cache
def row_store(gap):
    """Device function: store a row of a thread's sums of weights as the line `line`, if there are so many."""
    second = I(gap)

    @device
    def store(acc, row, line, lines, worker, column, group, own_filters, filters, sums):
        if line < lines:
            at = I(I(I(I(worker * lines) + line) * I(filters)) + I(group * own_filters))
            for j in range(8):
                own = I(column + I(j)) if j < 4 else I(column + second + I(j - 4))
                if own < own_filters:
                    sums[U(at + own)] = acc[row, j]

    return store


@cache
def tiled(tile: Tile, aligned: bool) -> CudaKernel:  # noqa: PLR0915
    """The kernel for tiles of this kind: rows are taps times channels of a group, columns its filters.

    `aligned`: a group's channels and filters are multiples of four, and everything is read by fours.
    """
    rows, columns, block, by = tile.rows, tile.columns, tile.threads, multiplier(tile)
    multiply, reads, place, room = by.multiply, by.reads, by.place, by.room
    a_quads, b_quads = tile.depth * rows // (4 * block), tile.depth * columns // (4 * block)
    a_values, b_values = 4 * a_quads, 4 * b_quads
    a_pitch, b_pitch, a_half, b_half = U(by.pitch[0]), U(by.pitch[1]), *(U(tile.depth * pitch) for pitch in by.pitch)
    a_size, b_size = 2 * tile.depth * by.pitch[0], 2 * tile.depth * by.pitch[1]
    rows_u, columns_u, row_gap = U(rows), U(columns), U(by.gap[0])
    a_across, b_across, block_u, depth = U(rows // 4), U(columns // 4), U(block), I(tile.depth)
    load_pixels = pixels_run(a_quads, rows, block, aligned)
    load_gradients, store = gradients_run(b_quads, columns, block, aligned), row_store(by.gap[1])

    def correlate(  # noqa: PLR0915
        x, dy, sums, taps, n_taps, height, width, channels, out_height, out_width, filters, groups, step_rows,
        step_columns, batch, workers,
    ):  # fmt: skip
        a_tile = cuda.shared.array(a_size, float32)
        b_tile = cuda.shared.array(b_size, float32)
        acc = cuda.local.array((8, 8), float32)
        a = cuda.local.array(room, float32)
        b = cuda.local.array(room, float32)
        va = cuda.local.array(a_values, float32)
        vb = cuda.local.array(b_values, float32)
        tap_row = cuda.local.array(4, int32)
        tap_column = cuda.local.array(4, int32)
        tap_channel = cuda.local.array(4, int32)
        for i in range(8):
            for j in range(8):
                acc[i, j] = float32(0)
        t = U(cuda.threadIdx.x)
        group, worker = I(I(cuda.blockIdx.z) % I(groups)), I(I(cuda.blockIdx.z) // I(groups))
        own_channels, own_filters = I(I(channels) // I(groups)), I(I(filters) // I(groups))
        lines = I(I(n_taps) * own_channels)
        row0, column0 = U(U(cuda.blockIdx.x) * rows_u), U(U(cuda.blockIdx.y) * columns_u)
        line0 = I(row0 + U(U(t % a_across) << U(2)))
        for e in range(4):
            line = I(line0 + I(e))
            tap = I(line // own_channels)
            tap_channel[e] = I(-1)
            tap_row[e], tap_column[e] = I(0), I(0)
            if line < lines:
                tap_channel[e] = I(I(line - I(tap * own_channels)) + I(group * own_channels))
                tap_row[e], tap_column[e] = I(taps[tap * 3]), I(taps[tap * 3 + 1])
        pixels, of_image = I(I(I(batch) * I(out_height)) * I(out_width)), I(I(out_height) * I(out_width))
        all_runs = I(I(pixels + depth - I(1)) // depth)
        run, last = I(worker * all_runs // I(workers)), I(I(worker + I(1)) * all_runs // I(workers))
        begun = False
        at_a, at_b = reads(t)
        half = U(0)
        while run <= last:
            more = run < last
            if more:
                load_pixels(
                    x, I(run * depth), pixels, of_image, out_width, step_rows, step_columns, height, width, channels,
                    tap_row, tap_column, tap_channel, t, va,
                )  # fmt: skip
                load_gradients(dy, I(run * depth), pixels, own_filters, group, filters, t, column0, vb)
            if begun:
                multiply(a_tile, b_tile, U(half * a_half + at_a), U(half * b_half + at_b), acc, a, b)
                half = U(half ^ U(1))
            if more:
                for l in range(a_quads):  # noqa: E741
                    index = U(t + U(l) * block_u)
                    at_tile = U(half * a_half + U(index // a_across) * a_pitch + U(U(index % a_across) << U(2)))
                    store4(a_tile, at_tile, va[4 * l], va[4 * l + 1], va[4 * l + 2], va[4 * l + 3])
                for l in range(b_quads):  # noqa: E741
                    index = U(t + U(l) * block_u)
                    at_tile = U(half * b_half + U(index // b_across) * b_pitch + U(U(index % b_across) << U(2)))
                    store4(b_tile, at_tile, vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3])
            begun = True
            cuda.syncthreads()
            run = I(run + I(1))
        own_row, own_column = place(t)
        line, column = I(row0 + own_row), I(column0 + own_column)
        ending = (lines, worker, column, group, own_filters, filters, sums)
        # written out: a loop that is not unrolled would have the sums in memory
        store(acc, 0, line, *ending)
        store(acc, 1, I(line + I(1)), *ending)
        store(acc, 2, I(line + I(2)), *ending)
        store(acc, 3, I(line + I(3)), *ending)
        line = I(line + I(row_gap))
        store(acc, 4, line, *ending)
        store(acc, 5, I(line + I(1)), *ending)
        store(acc, 6, I(line + I(2)), *ending)
        store(acc, 7, I(line + I(3)), *ending)

    def grid(given):
        lines = given["n_taps"] * (given["channels"] // given["groups"])
        own = given["filters"] // given["groups"]
        return (-(-lines // rows), -(-own // columns), given["groups"] * given["workers"]), block

    return CudaKernel(correlate, grid, tile.registers, tile.held)


def of_weights(given):
    """One thread for each weight and worker."""
    count = given["n_taps"] * (given["channels"] // given["groups"]) * given["filters"]
    return (-(-count // BLOCK), given["workers"]), BLOCK


@kernel(of_weights)
def straight(
    x, dy, sums, taps, n_taps, height, width, channels, out_height, out_width, filters, groups, step_rows,
    step_columns, batch, workers,
):  # fmt: skip
    """The same for groups of few channels or filters: a thread a weight and worker, neighbours in filters."""
    own_channels, own_filters = channels // groups, filters // groups
    i, count = cuda.grid(1), n_taps * own_channels * filters
    if i < count:
        k, line = i % filters, i // filters
        tap, c = line // own_channels, line % own_channels + k // own_filters * own_channels
        lines = batch * out_height
        total = float32(0)
        for out_line in range(cuda.blockIdx.y * lines // workers, (cuda.blockIdx.y + 1) * lines // workers):
            n, p = out_line // out_height, out_line % out_height
            row = p * step_rows + taps[tap * 3]
            if 0 <= row < height:
                for q in range(out_width):
                    column = q * step_columns + taps[tap * 3 + 1]
                    if 0 <= column < width:
                        value = x[((n * height + row) * width + column) * channels + c]
                        total += value * dy[(out_line * out_width + q) * filters + k]
        sums[cuda.blockIdx.y * count + i] = total


def workers_for(sizes, n_taps, means: Means, most):
    """How many workers share the pixels: enough that `most` blocks have work, each of them enough pixels."""
    given = dict(zip(SIZES, sizes, strict=True))
    own_channels, own_filters = given["channels"] // given["groups"], given["filters"] // given["groups"]
    lines, pixels = n_taps * own_channels, given["batch"] * given["out_height"] * given["out_width"]
    tile = of_correlation(means, lines, own_filters, given["groups"])
    blocks = -(-lines // tile.rows) * -(-own_filters // tile.columns) * given["groups"]
    if _is_straight(given):
        blocks = -(-lines * given["filters"] // BLOCK)
    room = max(_MOST_VALUES // (lines * given["filters"]), 1)
    return max(1, min(-(-most // blocks), -(-pixels // _PIXELS), room))


def _is_straight(given):
    few = min(given["channels"] // given["groups"], given["filters"] // given["groups"]) < _FEW
    return given["groups"] > 1 and few


@sequence
def correlate(x, dy, dw, sums, taps, sizes, workers, means: Means):
    """dw (taps, channels of a group, filters) = Σ x · dy over pixels; `sums` holds workers times as many values."""
    given = dict(zip(SIZES, sizes, strict=True))
    batch, n_taps = given.pop("batch"), len(taps) // TAP
    own_channels, own_filters = given["channels"] // given["groups"], given["filters"] // given["groups"]
    count = n_taps * own_channels * given["filters"]
    args = (x, dy, dw if workers == 1 else sums, taps, n_taps, *given.values(), batch, workers)
    if _is_straight(given):
        first = straight.launches(*args)
    else:
        aligned = own_channels % 4 == 0 and own_filters % 4 == 0
        tile = of_correlation(means, n_taps * own_channels, own_filters, given["groups"])
        first = tiled(tile, aligned).launches(*args)
    return first if workers == 1 else (*first, *add_workers.launches(sums, dw, count, workers))
