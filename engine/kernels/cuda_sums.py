"""Sums on the GPU: over the rows of a matrix and over a block's threads, always in one order, so that bits repeat.

Rows are summed in two stages. In the first they are shared among `workers` blocks for each run of columns; a block's
threads stand in COLUMNS columns and take every so many-th row, and their sums are added in a fixed order. In the second
one thread a column adds the workers' sums in their order. Atomic additions would come in another order every time.
"""

import operator

import numpy as np
from numba import float64

from .cuda_jit import REDUCERS, SIMULATED, barrier, cuda, device, kernel, per, sequence

COLUMNS = 4 if SIMULATED else 32
"""Columns of a block: neighbouring threads read a whole line of memory."""
LANES = REDUCERS // COLUMNS
"""Threads of a block in each column."""


def by_columns(given):
    """The grid of a first stage for `channels` columns and `workers` workers."""
    return (-(-int(given["channels"]) // COLUMNS), int(given["workers"])), REDUCERS


@device
def first_row(worker, rows, workers):
    """Where a worker's share of the rows begins, and that of the worker before it ends."""
    return worker * rows // workers


@device
def column_sum(shared, thread, value):
    """For the first thread of each column the sum of its lanes' values in their order, by way of REDUCERS numbers."""
    shared[thread] = value
    barrier()
    if thread < COLUMNS:
        for other in range(thread + COLUMNS, REDUCERS, COLUMNS):
            value += shared[other]
    barrier()
    return value


def halving(combine):
    """Device function: what `combine` makes of the values of a block's threads, for all of them.

    It takes REDUCERS shared numbers and halves them until one is left, so values always meet in the same order.
    """

    @device
    def combined(shared, thread, value):
        shared[thread] = value
        barrier()
        step = REDUCERS // 2
        while step:
            if thread < step:
                shared[thread] = combine(shared[thread], shared[thread + step])
            barrier()
            step //= 2
        value = shared[0]
        barrier()
        return value

    return combined


block_sum, block_max = halving(operator.add), halving(max)


@kernel(per("count"))
def add_workers(sums, total, count, workers):
    """total[i] = Σ sums[w · count + i] over the workers, in their order; rounded to float32 once."""
    i = cuda.grid(1)
    if i < count:
        value = 0.0
        for worker in range(workers):
            value += sums[worker * count + i]
        total[i] = np.float32(value)


@kernel(by_columns)
def column_sums(x, rows, channels, sums, workers):
    """sums[w · channels + c] = the worker's share of Σ x over rows, in float64."""
    shared = cuda.shared.array(REDUCERS, float64)
    thread, worker = cuda.threadIdx.x, cuda.blockIdx.y
    c, total = cuda.blockIdx.x * COLUMNS + thread % COLUMNS, 0.0
    if c < channels:
        last = first_row(worker + 1, rows, workers)
        for row in range(first_row(worker, rows, workers) + thread // COLUMNS, last, LANES):
            total += x[row * channels + c]
    total = column_sum(shared, thread, total)
    if thread < COLUMNS and c < channels:
        sums[worker * channels + c] = total


@sequence
def matrix_sum(x, total, rows, channels, sums, workers):
    """total[c] = Σ x over rows; `sums` holds workers · channels values in float64."""
    return (
        *column_sums.launches(x, rows, channels, sums, workers),
        *add_workers.launches(sums, total, channels, workers),
    )
