"""Sums over the rows of a matrix on the GPU, in two stages, so that the same call always gives the same bits.

In the first stage the rows are shared among `workers` blocks for each run of columns; a block's threads stand in
COLUMNS columns and take every so many-th row, and their sums are added in a fixed order. In the second stage one
thread a column adds the workers' sums in their order. Atomic additions would come in another order every time.
"""

import numpy as np
from numba import float64

from .cuda_jit import REDUCERS, SIMULATED, cuda, kernel, per, sequence

COLUMNS = 4 if SIMULATED else 32
"""Columns of a block: neighbouring threads read a whole line of memory."""
LANES = REDUCERS // COLUMNS
"""Threads of a block in each column."""
SIZE = LANES * COLUMNS


def by_columns(given):
    """The grid of a first stage for `channels` columns and `workers` workers."""
    return (-(-int(given["channels"]) // COLUMNS), int(given["workers"])), SIZE


@kernel(per("channels"))
def add_workers(sums, total, channels, workers):
    """total[c] = Σ sums[w · channels + c] over the workers, in their order; rounded to float32."""
    c = cuda.grid(1)
    if c < channels:
        value = 0.0
        for worker in range(workers):
            value += sums[worker * channels + c]
        total[c] = np.float32(value)


@kernel(by_columns)
def column_sums(x, rows, channels, sums, workers):
    """sums[w · channels + c] = the worker's share of Σ x over rows, in float64."""
    shared = cuda.shared.array(SIZE, float64)
    lane, own = cuda.threadIdx.x // COLUMNS, cuda.threadIdx.x % COLUMNS
    c = cuda.blockIdx.x * COLUMNS + own
    total = 0.0
    if c < channels:
        first = cuda.blockIdx.y * rows // workers
        last = (cuda.blockIdx.y + 1) * rows // workers
        for row in range(first + lane, last, LANES):
            total += x[row * channels + c]
    shared[cuda.threadIdx.x] = total
    cuda.syncthreads()
    if lane == 0 and c < channels:
        for other in range(1, LANES):
            total += shared[other * COLUMNS + own]
        sums[cuda.blockIdx.y * channels + c] = total


@sequence
def matrix_sum(x, total, rows, channels, sums, workers):
    """total[c] = Σ x over rows; `sums` holds workers · channels values in float64."""
    return (
        *column_sums.launches(x, rows, channels, sums, workers),
        *add_workers.launches(sums, total, channels, workers),
    )
