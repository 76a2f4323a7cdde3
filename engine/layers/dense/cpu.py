"""Dense products on the CPU, all three on the register tile."""

import numba
import numpy as np

from ...kernels.jit import device, kernel
from ...kernels.panel import add_rows, finish, panel_add, panel_set
from ...kernels.vector import LANES, ROWS, WIDTH


def blocks(columns):
    """Number of WIDTH-wide blocks that hold so many columns."""
    return -(-columns // WIDTH)


def packed_size(reduction, columns):
    """Floats of a packed matrix: whole blocks."""
    return reduction * blocks(columns) * WIDTH


def row_tables(batch, features):
    """Offsets of the rows of a (batch, features) matrix."""
    return np.arange(batch, dtype=np.int64) * features


def gradient_columns(units):
    """Columns of the gradient's copy: units rounded up to whole vectors."""
    return -(-units // LANES) * LANES


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


@kernel
def weight_gradient(
    x, dy, dw, db, batch, features, units, has_bias, rows, outs, taps, copied, columns, scratch, threads
):
    """dw (features, units) = xᵀ · dy and db = Σ dy.

    `columns` is units rounded up to whole vectors; dy is copied to `copied` with that pitch where they differ. Tasks
    are runs of ROWS features; `rows` holds the offsets of a full run, then those of the last one.
    """
    if columns != units:
        for i in range(batch):
            padded, values = copied[i * columns : (i + 1) * columns], dy[i * units : (i + 1) * units]
            padded[:units] = values
            padded[units:] = np.float32(0)
    gradient = copied if columns != units else dy
    tasks = (features + ROWS - 1) // ROWS
    for thread in numba.prange(threads):
        at = thread * ROWS * WIDTH
        tile = scratch[at : at + ROWS * WIDTH]
        for first in range(0, columns, WIDTH):
            narrow, valid = columns - first <= LANES, min(WIDTH, units - first)
            for task in range(thread * tasks // threads, (thread + 1) * tasks // threads):
                start, run = task * ROWS, ROWS if task == tasks - 1 else 0
                tile[:] = np.float32(0)
                panel_add(
                    x, start, rows, run, taps, 0, 1, batch, features,
                    gradient, first, 0, columns, scratch, at, outs, 0, ROWS, narrow,
                )  # fmt: skip
                for i in range(min(ROWS, features - start)):
                    to = (start + i) * units + first
                    dw[to : to + valid] = tile[i * WIDTH : i * WIDTH + valid]
    if has_bias:
        db[:] = np.float32(0)
        add_rows(dy, 0, units, batch, units, db)
