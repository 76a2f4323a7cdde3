"""The gradient of a convolution's weights on the GPU: the product of what every tap reads with the outputs' gradient.

The sum goes over all pixels of a batch, which few weights would leave to few blocks: so the pixels are shared among
`workers`, each writes sums of its own, and these are added up in their order. Tables and sizes: see cuda_slide.py; a
window moves by the step, and the target is the output.
"""

from functools import cache

from numba import float32, int32

from .cuda_jit import BLOCK, SIMULATED, CudaKernel, cuda, kernel, sequence
from .cuda_sums import add_workers
from .cuda_tile import DEPTH, I, U, multiplier, threads_of
from .cuda_vector import load4, store4

TAP = 3  # numbers of a tap
SIZES = (
    "batch", "height", "width", "channels", "out_height", "out_width", "filters", "groups", "step_rows", "step_columns",
)  # fmt: skip
_FEW = 8  # filters or channels of a group below which tiles would be mostly empty
_PIXELS = 64 if SIMULATED else 512
"""Pixels that a worker should at least have."""
_MOST_VALUES = 1 << 24  # of all workers' sums: 64 MiB


@cache
def tiled(rows, columns, aligned) -> CudaKernel:  # noqa: PLR0915
    """The kernel for tiles of rows × columns weights: rows are taps times channels of a group, columns its filters.

    `aligned`: a group's channels and filters are multiples of four, and everything is read by fours.
    """
    block = threads_of(rows, columns)
    a_quads, b_quads = DEPTH * rows // (4 * block), DEPTH * columns // (4 * block)
    a_values, b_values = 4 * a_quads, 4 * b_quads
    a_size, b_size = 2 * DEPTH * rows, 2 * DEPTH * columns
    rows_u, columns_u, a_half, b_half = U(rows), U(columns), U(DEPTH * rows), U(DEPTH * columns)
    half_rows, half_columns, across = U(rows // 2), U(columns // 2), U(columns // 8)
    a_across, b_across, block_u, depth = U(rows // 4), U(columns // 4), U(block), I(DEPTH)
    multiply = multiplier(rows, columns)

    def correlate(  # noqa: PLR0912, PLR0915
        x, dy, sums, taps, n_taps, height, width, channels, out_height, out_width, filters, groups, step_rows,
        step_columns, batch, workers,
    ):  # fmt: skip
        a_tile = cuda.shared.array(a_size, float32)
        b_tile = cuda.shared.array(b_size, float32)
        acc = cuda.local.array((8, 8), float32)
        a = cuda.local.array(8, float32)
        b = cuda.local.array(8, float32)
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
        at_a, at_b = U(U(t // across) << U(2)), U(U(t % across) << U(2))
        half = U(0)
        while run <= last:
            more = run < last
            if more:
                for l in range(a_quads):  # noqa: E741
                    pixel = I(I(run * depth) + I(U(t + U(l) * block_u) // a_across))
                    n = I(pixel // of_image)
                    rest = I(pixel - I(n * of_image))
                    p = I(rest // I(out_width))
                    corner_row = I(p * I(step_rows))
                    corner_column = I(I(rest - I(p * I(out_width))) * I(step_columns))
                    image = I(I(n * I(height)) * I(width))
                    if aligned:
                        h, v = I(corner_row + tap_row[0]), I(corner_column + tap_column[0])
                        inside = h >= I(0) and v >= I(0) and h < I(height) and v < I(width)
                        if inside and pixel < pixels and tap_channel[0] >= I(0):
                            place = I(I(image + I(h * I(width)) + v) * I(channels))
                            q0, q1, q2, q3 = load4(x, U(place + tap_channel[0]))
                            va[4 * l], va[4 * l + 1], va[4 * l + 2], va[4 * l + 3] = q0, q1, q2, q3
                        else:
                            va[4 * l], va[4 * l + 1] = float32(0), float32(0)
                            va[4 * l + 2], va[4 * l + 3] = float32(0), float32(0)
                    else:
                        for e in range(4):
                            value = float32(0)
                            h, v = I(corner_row + tap_row[e]), I(corner_column + tap_column[e])
                            inside = h >= I(0) and v >= I(0) and h < I(height) and v < I(width)
                            if inside and pixel < pixels and tap_channel[e] >= I(0):
                                place = I(I(image + I(h * I(width)) + v) * I(channels))
                                value = x[U(place + tap_channel[e])]
                            va[4 * l + e] = value
                for l in range(b_quads):  # noqa: E741
                    index = U(t + U(l) * block_u)
                    pixel = I(I(run * depth) + I(index // b_across))
                    column = I(column0 + U(U(index % b_across) << U(2)))
                    at = I(I(pixel * I(filters)) + I(group * own_filters) + column)
                    if aligned:
                        if pixel < pixels and column < own_filters:
                            q0, q1, q2, q3 = load4(dy, U(at))
                            vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3] = q0, q1, q2, q3
                        else:
                            vb[4 * l], vb[4 * l + 1] = float32(0), float32(0)
                            vb[4 * l + 2], vb[4 * l + 3] = float32(0), float32(0)
                    else:
                        for e in range(4):
                            value = float32(0)
                            if pixel < pixels and I(column + I(e)) < own_filters:
                                value = dy[U(at + I(e))]
                            vb[4 * l + e] = value
            if begun:
                multiply(a_tile, b_tile, U(half * a_half + at_a), U(half * b_half + at_b), acc, a, b)
                half = U(half ^ U(1))
            if more:
                for l in range(a_quads):  # noqa: E741
                    at_tile = U(half * a_half + U(t + U(l) * block_u) * U(4))
                    store4(a_tile, at_tile, va[4 * l], va[4 * l + 1], va[4 * l + 2], va[4 * l + 3])
                for l in range(b_quads):  # noqa: E741
                    at_tile = U(half * b_half + U(t + U(l) * block_u) * U(4))
                    store4(b_tile, at_tile, vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3])
            begun = True
            cuda.syncthreads()
            run = I(run + I(1))
        for ih in range(2):
            for i in range(4):
                line = I(row0 + at_a + U(ih) * half_rows + U(i))
                if line < lines:
                    at = I(I(I(I(worker * lines) + line) * I(filters)) + I(group * own_filters))
                    for jh in range(2):
                        column = I(column0 + at_b + U(jh) * half_columns)
                        for j in range(4):
                            if I(column + I(j)) < own_filters:
                                sums[U(at + column + I(j))] = acc[ih * 4 + i, jh * 4 + j]

    def grid(given):
        lines = given["n_taps"] * (given["channels"] // given["groups"])
        own = given["filters"] // given["groups"]
        return (-(-lines // rows), -(-own // columns), given["groups"] * given["workers"]), block

    return CudaKernel(correlate, grid, registers=128 if block == BLOCK else 168)


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


def workers_for(sizes, n_taps, most):
    """How many workers share the pixels: enough that `most` blocks have work, each of them enough pixels."""
    given = dict(zip(SIZES, sizes, strict=True))
    own_channels, own_filters = given["channels"] // given["groups"], given["filters"] // given["groups"]
    lines, pixels = n_taps * own_channels, given["batch"] * given["out_height"] * given["out_width"]
    rows, columns = tile_for(lines, own_filters)
    blocks = -(-lines // rows) * -(-own_filters // columns) * given["groups"]
    if _is_straight(given):
        blocks = -(-lines * given["filters"] // BLOCK)
    room = max(_MOST_VALUES // (lines * given["filters"]), 1)
    return max(1, min(-(-most // blocks), -(-pixels // _PIXELS), room))


def tile_for(lines, filters):
    """Rows and columns of the tile."""
    if SIMULATED:
        return 16, 16
    columns = next((size for size in (16, 32, 64) if filters <= size), 128)
    return (64 if columns in (32, 64) or (lines <= 64 and columns == 128) else 128), columns


def _is_straight(given):
    few = min(given["channels"] // given["groups"], given["filters"] // given["groups"]) < _FEW
    return given["groups"] > 1 and few


@sequence
def correlate(x, dy, dw, sums, taps, sizes, workers):
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
        first = tiled(*tile_for(n_taps * own_channels, own_filters), aligned).launches(*args)
    return first if workers == 1 else (*first, *add_workers.launches(sums, dw, count, workers))
