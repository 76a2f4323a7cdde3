"""Dense products on the CPU, all three on the register tile."""

import numba
import numpy as np

from ...kernels.jit import device, kernel
from ...kernels.panel import add_rows, finish, panel_set
from ...kernels.vector import LANES, ROWS, WIDTH
from ...kernels.words import NO_FLOOR


def blocks(columns):
    """Number of WIDTH-wide blocks that hold so many columns."""
    return -(-columns // WIDTH)


def packed_size(reduction, columns):
    """Floats of a packed matrix: whole blocks."""
    return reduction * blocks(columns) * WIDTH


def row_tables(batch, features):
    """Offsets of the rows of a (batch, features) matrix."""
    return np.arange(batch, dtype=np.int64) * features


RUN = 64
"""Features of one task of the weight gradient."""


@device
def copy_rows(w, at, step, rows, width, reduction, valid):
    """Runs of a row-major matrix, one a row."""
    for i in range(reduction):
        values, row = w[at + i * step : at + i * step + valid], rows[i * width : i * width + valid]
        for j in range(valid):
            row[j] = values[j]


@device
def copy_turned(w, at, step, rows, width, reduction, valid):
    """Columns from rows of w, a few values of each at a time, so that the lines written to stay in cache."""
    for first in range(0, reduction, LANES):
        count = min(LANES, reduction - first)
        target = rows[first * width : (first + count) * width]
        for j in range(valid):
            values = w[at + j * step + first : at + j * step + first + count]
            for i in range(count):
                target[i * width + j] = values[i]


@kernel
def pack(w, packed, bias_at, reduction, columns, row_step, column_step, bias, has_bias):
    """w[i·row_step + j·column_step] into blocks of columns, the reduction contiguous in each; biases from bias_at."""
    for block in numba.prange((columns + WIDTH - 1) // WIDTH):
        first = block * WIDTH
        valid = min(WIDTH, columns - first)
        width = WIDTH if valid > LANES else LANES
        at = block * reduction * WIDTH
        rows = packed[at : at + reduction * width]
        if valid < width:
            rows[:] = np.float32(0)
        if column_step == 1:
            copy_rows(w, first, row_step, rows, width, reduction, valid)
        else:
            copy_turned(w, first * column_step, column_step, rows, width, reduction, valid)
        for j in range(WIDTH):
            packed[bias_at + first + j] = bias[first + j] if has_bias and j < valid else np.float32(0)


@kernel
def product(
    x,
    packed,
    packed_bias,
    y,
    ending,
    other,
    floor,
    batch,
    reduction,
    columns,
    row_offsets,
    out_offsets,
    taps,
    spare_outs,
    scratch,
    task_rows,
    threads,
):
    """y (batch, columns) = x (batch, reduction) · packed + bias, clipped from below by floor.

    `ending` and `other` (as y): see kernels.panel.finish.
    Tasks are (block of columns) × (task_rows rows), block by block, so that a block stays in cache.
    """
    n_blocks = (columns + WIDTH - 1) // WIDTH
    row_tasks = (batch + task_rows - 1) // task_rows
    tasks = n_blocks * row_tasks
    area = ROWS * WIDTH
    for thread in numba.prange(threads):
        for task in range(thread * tasks // threads, (thread + 1) * tasks // threads):
            block, row = task // row_tasks, (task % row_tasks) * task_rows
            first = block * WIDTH
            rows, valid = min(task_rows, batch - row), min(WIDTH, columns - first)
            panel_set(
                x,
                0,
                row_offsets,
                row,
                taps,
                0,
                1,
                reduction,
                1,
                packed,
                block * reduction * WIDTH,
                y,
                first,
                out_offsets,
                row,
                rows,
                valid,
                packed_bias,
                first,
                floor,
                scratch,
                thread * area,
                spare_outs,
            )
            for i in range(row, row + rows):
                finish(ending, other, y, i * columns + first, valid, floor)


@device
def copy_matrix(source, at, pitch, rows, columns, target, to, width):
    """A rows × columns part of a matrix into rows of `width`, zeros behind them."""
    for i in range(rows):
        values = source[at + i * pitch : at + i * pitch + columns]
        row = target[to + i * width : to + (i + 1) * width]
        for j in range(columns):
            row[j] = values[j]
        row[columns:] = np.float32(0)


@kernel
def weight_gradient(
    x, dy, dw, db, batch, features, units, has_bias, rows, outs, taps, spare_outs, zeros, packed, scratch, threads
):
    """dw (features, units) = xᵀ · dy and db = Σ dy.

    dy is copied to `packed` in blocks of columns. Tasks are runs of RUN features, whose values are copied to the
    thread's scratch: read in place they would lie a whole row apart.
    """
    n_blocks, tasks = (units + WIDTH - 1) // WIDTH, (features + RUN - 1) // RUN
    for block in range(n_blocks):
        first = block * WIDTH
        valid = min(WIDTH, units - first)
        width = WIDTH if valid > LANES else LANES
        copy_matrix(dy, first, units, batch, valid, packed, first * batch, width)
    area = batch * RUN + ROWS * WIDTH
    for thread in numba.prange(threads):
        own = thread * area
        for task in range(thread * tasks // threads, (thread + 1) * tasks // threads):
            start = task * RUN
            run = min(RUN, features - start)
            copy_matrix(x, start, features, batch, run, scratch, own, RUN)
            for block in range(n_blocks):
                first = block * WIDTH
                panel_set(
                    scratch, own, rows, 0, taps, 0, 1, batch, RUN, packed, first * batch, dw, start * units + first,
                    outs, 0, run, min(WIDTH, units - first), zeros, 0, NO_FLOOR, scratch, own + batch * RUN, spare_outs,
                )  # fmt: skip
    if has_bias:
        db[:] = np.float32(0)
        add_rows(dy, 0, units, batch, units, db)
