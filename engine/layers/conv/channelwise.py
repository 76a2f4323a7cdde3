"""Convolution of few channels a group, on vectors of channels beside each other. Its numbers: channelwise_tables.py.

A row of results is computed by blocks of neighbouring columns, each block for one vector of channels after the other,
straight from the image: nothing is copied to pad, since columns outside it are left out (kernels/columns.py). Memory
and cache set the speed of depthwise layers, which read and write as much as they multiply.
"""

import numba
import numpy as np

from ...kernels.columns import (
    COLUMNS,
    Form,
    one_product,
    one_sum,
    put,
    repeat,
    take,
    three_products,
    three_sums,
    total,
    two_products,
    two_sums,
)
from ...kernels.jit import device, kernel, serial_kernel
from ...kernels.moments import BLOCK, PRODUCTS, begin, measure
from ...kernels.panel import add_rows, finish
from ...kernels.simd import add, load, prefetch, store
from ...kernels.vector import LANES
from ...kernels.words import NO_FLOOR, NOTHING, SUM

AHEAD = 2  # rows of results between asking for what one of them reads, and reading it
LINE = 16  # floats in a cache line


@device
def fetch(source, target_row, source_height, source_line, rows):
    """Ask for the rows of the source that this row of the target is the first to read, counted over all images.

    Processors do not foresee rows that are read side by side.
    """
    image, row = target_row // rows.shape[0], target_row % rows.shape[0]
    at = (image * source_height + rows[row, 3]) * source_line
    for i in range(at, at + rows[row, 4] * source_line, LINE):
        prefetch(source, i)


@device
def fetch_line(values, row, line):
    """Ask for a row of an image as large as the target."""
    for i in range(row * line, (row + 1) * line, LINE):
        prefetch(values, i)


@device
def column_edge(column, count, advance, spacing, taps, width):
    """End of the columns to read for `count` windows of which the first begins at `column`."""
    return max(min(column + (count - 1) * advance + (taps - 1) * spacing + 1, width), 0)


# fmt: off
@device
def slide_row(source, at, weights, tap, n_rows, bias, target, out, floor, first, last, lanes, geometry, phases, form):
    """One row of the target, channels `first` to `last`. Its windows' first rows begin at `at` and at this tap."""
    width, channels, row_step, tap_step = geometry[2], geometry[5], geometry[6], geometry[7]
    group, spread, fold, shared = len(form.group), len(form.spread), len(form.fold), len(form.advance) > 0
    pitch, out_pitch, w_pitch = channels // spread, channels // fold, channels * group
    for p in range(phases.shape[0]):
        start, step, count, column0, advance = phases[p, 0], phases[p, 1], phases[p, 2], phases[p, 3], phases[p, 4]
        spacing, taps, tap0, w_step = phases[p, 5], phases[p, 6], phases[p, 7], phases[p, 8] * w_pitch
        for j in range(0, count, COLUMNS):
            column = column0 + j * advance
            edge = column_edge(column, min(count - j, COLUMNS), advance, spacing, taps, width)
            for k in range(first, last, LANES):
                values = repeat(bias, k, lanes)
                x0, w0 = at + column * pitch + k // spread, (tap + tap0) * w_pitch + k
                for _ in range(n_rows):
                    s = 0
                    while s < taps:
                        n = min(taps - s, 3) if shared else 1
                        here = column + s * spacing
                        x, w = x0 + s * spacing * pitch, w0 + s * w_step
                        if n == 3:
                            values = three_products(source, x, here, edge, spacing, pitch,
                                                    weights, w, w_step, channels, values, lanes, form)
                        elif n == 2:
                            values = two_products(source, x, here, edge, spacing, pitch,
                                                  weights, w, w_step, channels, values, lanes, form)
                        else:
                            values = one_product(source, x, here, edge, advance, pitch,
                                                 weights, w, w_step, channels, values, lanes, form)
                        s += n
                    x0 += row_step
                    w0 += tap_step * w_pitch
                place = out + (start + j * step) * out_pitch + k // fold
                put(target, place, step * out_pitch, count - j, values, floor, lanes, form)


@device
def gradient_row(x, at, dy, dy0, tap, n_rows, sums, s0, bias_at, first, last, lanes, geometry, phases, form):
    """Add what one row of dy gives to the sums at s0 (and at bias_at, if not 0), for channels `first` to `last`."""
    width, channels, row_step, tap_step, padded = geometry[2], geometry[5], geometry[6], geometry[7], geometry[8]
    group, spread, shared = len(form.group), len(form.spread), len(form.advance) > 0
    pitch, s_step = channels // spread, padded * group
    count, column0, advance, spacing, taps = phases[0, 2], phases[0, 3], phases[0, 4], phases[0, 5], phases[0, 6]
    for j in range(0, count, COLUMNS):
        column = column0 + j * advance
        edge = column_edge(column, min(count - j, COLUMNS), advance, spacing, taps, width)
        for k in range(first, last, LANES):
            values = take(dy, dy0 + j * channels + k, channels, count - j, lanes)
            if bias_at > 0:
                store(sums, bias_at + k, add(load(sums, bias_at + k), total(values)))
            x0, place0 = at + column * pitch + k // spread, s0 + tap * s_step + k
            for _ in range(n_rows):
                s = 0
                while s < taps:
                    n = min(taps - s, 3) if shared else 1
                    here = column + s * spacing
                    source, place = x0 + s * spacing * pitch, place0 + s * s_step
                    if n == 3:
                        three_sums(x, source, here, edge, spacing, pitch,
                                   values, sums, place, s_step, padded, lanes, form)
                    elif n == 2:
                        two_sums(x, source, here, edge, spacing, pitch,
                                 values, sums, place, s_step, padded, lanes, form)
                    else:
                        one_sum(x, source, here, edge, advance, pitch,
                                values, sums, place, s_step, padded, lanes, form)
                    s += n
                x0 += row_step
                place0 += tap_step * s_step
# fmt: on


@device
def gather(partials, at, partial, threads, padded, channels, rows, target):
    """Each row of the target is the sum of the threads' rows, in the order of threads."""
    for i in range(rows):
        row = target[i * channels : (i + 1) * channels]
        row[:] = np.float32(0)
        add_rows(partials, at + i * padded, partial, threads, channels, row)


@kernel
def slide(
    source,
    weights,
    bias,
    target,
    ending,
    other,
    floor,
    measuring,
    geometry,
    rows,
    phases,
    advance,
    group,
    spread,
    fold,
    threads,
):
    """target = sliding product of source with weights (R·S, q, K), plus bias, clipped from below by floor.

    source and target are flat images, `ending` and `other` (as target): see kernels.panel.finish; `measuring`: see
    kernels.moments; advance, group, spread and fold are those of a Form.
    """
    batch, source_height, width, height, channels = geometry[0], geometry[1], geometry[2], geometry[3], geometry[5]
    source_line, line = width * channels // len(spread), geometry[4] * channels // len(fold)
    lines, whole = batch * height, channels // LANES * LANES
    at_once = max(BLOCK // line, 1)  # rows that stay in L1 until they are finished
    low = NO_FLOOR if ending == SUM else floor
    for thread in numba.prange(threads):
        begin(measuring, thread)
        form = Form(advance, group, spread, fold)
        stop = (thread + 1) * lines // threads
        for unit in range(thread * lines // threads, stop, at_once):
            end = min(unit + at_once, stop)
            for i in range(unit, end):
                ahead = min(i + AHEAD, stop - 1)
                fetch(source, ahead, source_height, source_line, rows)
                fetch_line(target, ahead, line)
                if ending != NOTHING:
                    fetch_line(other, ahead, line)
                if measuring[0] >= PRODUCTS:
                    fetch_line(measuring[2], ahead, line)
                first_row, tap, n_rows = rows[i % height, 0], rows[i % height, 1], rows[i % height, 2]
                at = (i // height * source_height + first_row) * source_line
                start = (source, at, weights, tap, n_rows, bias, target, i * line, low)
                slide_row(*start, 0, whole, None, geometry, phases, form)
                if whole < channels:
                    slide_row(*start, whole, channels, channels - whole, geometry, phases, form)
            finish(ending, other, target, unit * line, (end - unit) * line, floor)
            measure(measuring, target, unit * line, (end - unit) * line, thread)


@kernel
def weight_gradient(
    x,
    dy,
    dw,
    db,
    has_bias,
    partials,
    geometry,
    rows,
    phases,
    advance,
    group,
    spread,
    fold,
    threads,
):
    """dw (R,S,C/groups,K) and db (K,) from x (N,H,W,C) and dy (N,OH,OW,K), all flat; the form as for `slide`.

    Each thread sums its rows into its own partial result; the partials are then added in thread order, so a fixed
    number of threads gives the same bits every time.
    """
    batch, source_height, width, height, channels = geometry[0], geometry[1], geometry[2], geometry[3], geometry[5]
    padded, sums = geometry[8], geometry[9]
    source_line, line, partial = width * channels // len(spread), geometry[4] * channels, (sums + 1) * padded
    lines, whole = batch * height, channels // LANES * LANES
    for thread in numba.prange(threads):
        form = Form(advance, group, spread, fold)
        mine = thread * partial
        bias_at = mine + sums * padded if has_bias else 0
        partials[mine : mine + partial] = np.float32(0)
        stop = (thread + 1) * lines // threads
        for unit in range(thread * lines // threads, stop):
            fetch(x, min(unit + AHEAD, stop - 1), source_height, source_line, rows)
            first_row, tap, n_rows = rows[unit % height, 0], rows[unit % height, 1], rows[unit % height, 2]
            at = (unit // height * source_height + first_row) * source_line
            start = (x, at, dy, unit * line, tap, n_rows, partials, mine, bias_at)
            gradient_row(*start, 0, whole, None, geometry, phases, form)
            if whole < channels:
                gradient_row(*start, whole, channels, channels - whole, geometry, phases, form)
    gather(partials, 0, partial, threads, padded, channels, sums, dw)
    if has_bias:
        gather(partials, sums * padded, partial, threads, padded, channels, 1, db)


@kernel
def pack_exchanged(w, packed, positions, channels, group):
    """w (R·S, g, C) with the two channels of each group exchanged: the weights by input channel."""
    for row in numba.prange(positions * group):
        position, q = row // group, row % group
        for c in range(channels):
            packed[row * channels + c] = w[(position * group + c % group) * channels + c // group * group + q]


@serial_kernel
def pack_folded_bias(bias, packed, fold):
    """Each bias where the sum of `fold` values begins, zeros beside it."""
    packed[:] = np.float32(0)
    for c in range(bias.size):
        packed[c * fold] = bias[c]
