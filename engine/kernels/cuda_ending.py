"""How a sliding product's sums become the target's values: where they go, and what is done to them on the way."""

from functools import cache

from numba import float32

from .cuda_jit import device
from .cuda_tile import I, U
from .cuda_vector import load4, store4
from .words import MASK, SUM

PHASE = 6
"""Numbers of a phase: see cuda_slide.py."""


@device
def finished(value, what, other, floor):
    """A result with what is done to it before it is stored: see words.py."""
    if what == SUM:
        value += other
    value = floor if value < floor else value
    if what == MASK:
        value = value if other > 0 else float32(0)
    return value


@device
def target_line(pixel, phases, phase, target_height, target_width, spread_rows, spread_columns):
    """The target's pixel that a phase's pixel is."""
    columns = I(phases[phase * 6 + 3])
    of_image = I(I(phases[phase * 6 + 2]) * columns)
    n = I(pixel // of_image)
    rest = I(pixel - I(n * of_image))
    p = I(rest // columns)
    row = I(I(p * I(spread_rows)) + phases[phase * 6 + 4])
    column = I(I(I(rest - I(p * columns)) * I(spread_columns)) + phases[phase * 6 + 5])
    return I(I(I(n * I(target_height)) + row) * I(target_width) + column)


@device
def store_four(v0, v1, v2, v3, place, k, bias, has_bias, y, what, other, floor):
    """Finish the values of four filters from k on and store them at y[place], 16 bytes at once."""
    none = (float32(0), float32(0), float32(0), float32(0))
    b0, b1, b2, b3 = load4(bias, k) if has_bias else none
    o0, o1, o2, o3 = load4(other, place) if what else none
    v0, v1 = finished(v0 + b0, what, o0, floor), finished(v1 + b1, what, o1, floor)
    store4(y, place, v0, v1, finished(v2 + b2, what, o2, floor), finished(v3 + b3, what, o3, floor))


@device
def store_one(value, place, k, bias, has_bias, y, what, other, floor):
    """Finish the value of filter k and store it at y[place]."""
    value += bias[k] if has_bias else float32(0)
    y[place] = finished(value, what, other[place] if what else float32(0), floor)


@cache
def row_store(gap, aligned):
    """Device function: finish and store a row of a thread's sums as the target's pixel `line`, unless that is −1.

    They are those of filters `column` … `column` + 3 of a group whose first is `first`, and of those `gap` further on.
    """
    second = I(gap)

    @device
    def store_run(acc, row, j, line, at, first, own_filters, filters, ending):
        if at < own_filters:
            k = U(first + at)
            place = U(U(U(line) * U(filters)) + k)
            if aligned:
                store_four(acc[row, j], acc[row, j + 1], acc[row, j + 2], acc[row, j + 3], place, k, *ending)
            else:
                for e in range(4):
                    if I(at + I(e)) < own_filters:
                        store_one(acc[row, j + e], U(place + U(e)), U(k + U(e)), *ending)

    @device
    def store(acc, row, line, column, first, own_filters, filters, bias, has_bias, y, what, other, floor):
        if line >= I(0):
            ending = (bias, has_bias, y, what, other, floor)
            store_run(acc, row, 0, line, column, first, own_filters, filters, ending)
            store_run(acc, row, 4, line, I(column + second), first, own_filters, filters, ending)

    return store
