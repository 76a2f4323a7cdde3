"""Sliding products of images with few channels on the GPU, as a network's first convolution is one.

There are so few terms that tiles would be fetched for little work. Here a thread has the sums of a few filters for four
pixels. It reads its pixels itself, while its neighbours read theirs; the weights, which all threads of a block read at
once, are in shared memory. Arguments and tables are those of cuda_slide.py, with one phase and one group.
"""

from functools import cache

from numba import float32, int32

from .cuda_ending import store_four, store_one, target_line
from .cuda_jit import SIMULATED, CudaKernel, cuda, device
from .cuda_tile import I, U
from .cuda_vector import load4

MOST_CHANNELS = 3
_SPANS = (8, 16)
_PIXELS = 4
_BLOCK = 8 if SIMULATED else 128
_ROOM = 128 if SIMULATED else 4096
"""Weights in shared memory: 16 KiB."""


def span_for(filters):
    """Filters of a thread: no more than there are, where that can be had."""
    return next((span for span in _SPANS if filters <= span), _SPANS[-1])


@cache
def weights_fill(span):
    """Device function: bring the weights of taps `tap` … `last` − 1 for `span` filters; lines are tap by channel."""

    @device
    def fill(shared, w, taps, tap, last, channels, filters, column0, t):
        i, count = U(t), U(U(I(last - tap) * channels) * U(span))
        while i < count:
            line, column = I(i // U(span)), I(column0 + I(i % U(span)))
            place = I(taps[I(I(tap + I(line // channels)) * I(3)) + I(2)])
            at = I(I(I(I(place * channels) + I(line % channels)) * filters) + column)
            shared[i] = w[U(at)] if column < filters else float32(0)
            i = U(i + U(_BLOCK))

    return fill


@cache
def term(span):
    """Device function: add to all sums what channel c of the pixels at `at` and a line of weights give."""
    fours = span // 4

    @device
    def add(acc, x, at, c, weights, line, values):
        for l in range(_PIXELS):  # noqa: E741
            values[l] = x[U(at[l] + c)] if at[l] >= I(0) else float32(0)
        for j in range(fours):
            w0, w1, w2, w3 = load4(weights, U(line + U(4 * j)))
            for l in range(_PIXELS):  # noqa: E741
                acc[l, 4 * j] += values[l] * w0
                acc[l, 4 * j + 1] += values[l] * w1
                acc[l, 4 * j + 2] += values[l] * w2
                acc[l, 4 * j + 3] += values[l] * w3

    return add


@cache
def pixel_store(span, aligned):
    """Device function: finish and store the sums of a pixel, if there are so many, for the filters from `column` on."""
    wide = span == _SPANS[-1]

    @device
    def store_run(acc, l, j, line, column, filters, ending):  # noqa: E741
        k = I(column + I(j))
        place = U(I(line * filters) + k)
        if aligned:
            if k < filters:
                store_four(acc[l, j], acc[l, j + 1], acc[l, j + 2], acc[l, j + 3], place, U(k), *ending)
        else:
            for e in range(4):
                if I(k + I(e)) < filters:
                    store_one(acc[l, j + e], U(place + U(e)), U(k + I(e)), *ending)

    @device
    def store(acc, l, pixel, pixels, to, column, filters, ending):  # noqa: E741
        if pixel >= pixels:
            return
        phases, height, width, spread_rows, spread_columns = to
        line = target_line(pixel, phases, 0, height, width, spread_rows, spread_columns)
        # written out: a loop that is not unrolled would have the sums in memory
        store_run(acc, l, 0, line, column, filters, ending)
        store_run(acc, l, 4, line, column, filters, ending)
        if wide:
            store_run(acc, l, 8, line, column, filters, ending)
            store_run(acc, l, 12, line, column, filters, ending)

    return store


@cache
def direct(span, aligned) -> CudaKernel:
    """The kernel for `span` filters a thread; `aligned`: the filters are a multiple of four."""
    lines, block, room, of_block = I(_ROOM // span), U(_BLOCK), _ROOM, U(_PIXELS * _BLOCK)
    fill, add, store_pixel = weights_fill(span), term(span), pixel_store(span, aligned)

    def slide_direct(
        x, w, bias, has_bias, y, what, other, floor, taps, phases, height, width, channels, target_height, target_width,
        filters, groups, step_rows, step_columns, spread_rows, spread_columns, batch,
    ):  # fmt: skip
        weights = cuda.shared.array(room, float32)
        acc, values = cuda.local.array((_PIXELS, span), float32), cuda.local.array(_PIXELS, float32)
        corner_row, corner_column = cuda.local.array(_PIXELS, int32), cuda.local.array(_PIXELS, int32)
        image, at = cuda.local.array(_PIXELS, int32), cuda.local.array(_PIXELS, int32)
        t, column0 = U(cuda.threadIdx.x), I(I(cuda.blockIdx.y) * I(span))
        of_row, of_image = I(phases[3]), I(I(phases[2]) * I(phases[3]))
        pixels, first = I(I(batch) * of_image), I(U(U(cuda.blockIdx.x) * of_block) + t)
        for l in range(_PIXELS):  # noqa: E741
            pixel = I(first + I(U(l) * block))
            n = I(pixel // of_image)
            rest = I(pixel - I(n * of_image))
            p = I(rest // of_row)
            corner_row[l], corner_column[l] = I(p * I(step_rows)), I(I(rest - I(p * of_row)) * I(step_columns))
            image[l] = I(I(n * I(height)) * I(width)) if pixel < pixels else I(-1)
            for j in range(span):
                acc[l, j] = float32(0)
        tap, end = I(phases[0]), I(phases[0] + phases[1])
        while tap < end:
            last = I(min(I(tap + I(lines // I(channels))), end))
            cuda.syncthreads()
            fill(weights, w, taps, tap, last, I(channels), I(filters), column0, t)
            cuda.syncthreads()
            line = U(0)
            while tap < last:
                for l in range(_PIXELS):  # noqa: E741
                    row = I(corner_row[l] + taps[I(tap * I(3))])
                    column = I(corner_column[l] + taps[I(I(tap * I(3)) + I(1))])
                    inside = row >= I(0) and column >= I(0) and row < I(height) and column < I(width)
                    at[l] = I(-1)
                    if inside and image[l] >= I(0):
                        at[l] = I(I(I(image[l] + I(row * I(width))) + column) * I(channels))
                c = I(0)
                while c < I(channels):
                    add(acc, x, at, c, weights, line, values)
                    c, line = I(c + I(1)), U(line + U(span))
                tap = I(tap + I(1))
        to = (phases, target_height, target_width, spread_rows, spread_columns)
        ending = (bias, has_bias, y, what, other, floor)
        store_pixel(acc, 0, first, pixels, to, column0, I(filters), ending)
        store_pixel(acc, 1, I(first + I(block)), pixels, to, column0, I(filters), ending)
        store_pixel(acc, 2, I(first + I(U(2) * block)), pixels, to, column0, I(filters), ending)
        store_pixel(acc, 3, I(first + I(U(3) * block)), pixels, to, column0, I(filters), ending)

    def grid(given):
        pixels = int(given["batch"]) * int(given["phases"][2]) * int(given["phases"][3])
        return (-(-pixels // (_PIXELS * _BLOCK)), -(-int(given["filters"]) // span)), _BLOCK

    return CudaKernel(slide_direct, grid, registers=168)
