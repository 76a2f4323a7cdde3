"""Dense products on the CPU, all three on the register tile."""

import numba
import numpy as np

from ...kernels.jit import kernel
from ...kernels.panel import panel_add, panel_set
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


@kernel
def pack(w, packed, bias_at, reduction, columns, row_step, column_step, bias, has_bias):
    """w[i·row_step + j·column_step] into blocks of columns, each block's reduction contiguous; biases from bias_at on."""
    for block in numba.prange((columns + WIDTH - 1) // WIDTH):
        first = block * WIDTH
        valid = min(WIDTH, columns - first)
        width = WIDTH if valid > LANES else LANES
        at = block * reduction * WIDTH
        if column_step == 1:
            for i in range(reduction):
                for j in range(valid):
                    packed[at + i * width + j] = w[i * row_step + first + j]
                for j in range(valid, width):
                    packed[at + i * width + j] = np.float32(0)
        else:
            for i0 in range(0, reduction, 16):
                for j in range(width):
                    for i in range(i0, min(i0 + 16, reduction)):
                        packed[at + i * width + j] = w[i * row_step + (first + j) * column_step] if j < valid else np.float32(0)
        for j in range(WIDTH):
            packed[bias_at + first + j] = bias[first + j] if has_bias and j < valid else np.float32(0)


@kernel
def product(x, packed, packed_bias, y, batch, reduction, columns, row_offsets, out_offsets, taps, spare_outs, floor, scratch, task_rows, threads):
    """y (batch, columns) = x (batch, reduction) · packed + bias, clipped from below by floor.

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
            panel_set(x, 0, row_offsets, row, taps, 0, 1, reduction, 1, packed, block * reduction * WIDTH, y, first, out_offsets, row,
                      min(task_rows, batch - row), min(WIDTH, columns - first), packed_bias, first, floor, scratch, thread * area, spare_outs)


@kernel
def weight_gradient(x, dy, dw, db, batch, features, units, has_bias, rows, outs, taps, copied, columns, scratch, threads):
    """dw (features, units) = xᵀ · dy and db = Σ dy.

    `columns` is units rounded up to whole vectors: where they differ, dy is copied to `copied` with that pitch and
    tiles go through scratch. Tasks are runs of ROWS features, so threads never write the same values.
    """
    if columns != units:
        for i in range(batch):
            for j in range(columns):
                copied[i * columns + j] = dy[i * units + j] if j < units else np.float32(0)
    gradient = copied if columns != units else dy
    tasks = (features + ROWS - 1) // ROWS
    n_blocks = (columns + WIDTH - 1) // WIDTH
    area = ROWS * WIDTH
    for thread in numba.prange(threads):
        for block in range(n_blocks):
            first = block * WIDTH
            narrow = columns - first <= LANES
            valid = min(min(LANES, units - first) if narrow else min(WIDTH, units - first), WIDTH)
            for task in range(thread * tasks // threads, (thread + 1) * tasks // threads):
                feature = task * ROWS
                at = thread * area
                for i in range(area):
                    scratch[at + i] = np.float32(0)
                start = min(feature, max(features - ROWS, 0))  # the last run overlaps: the same values twice, by one thread or two
                panel_add(x, start, rows, 0, taps, 0, 1, batch, features, gradient, first, 0, columns, scratch, at, outs, 0, ROWS, narrow)
                for i in range(min(ROWS, features - start)):
                    for j in range(valid):
                        dw[(start + i) * units + first + j] = scratch[at + i * WIDTH + j]
    if has_bias:
        for j in range(units):
            db[j] = np.float32(0)
        for i in range(batch):
            for j in range(units):
                db[j] += dy[i * units + j]
