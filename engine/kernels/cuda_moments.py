"""The sums that batch norm wants, on the GPU: of x and x², or of dy and dy·x̂; for each worker one pair a channel.

The arrays are laid out as those of moments.py, with workers in the place of threads.
"""

import numpy as np
from numba import float64

from .cuda_jit import REDUCERS, cuda, kernel, sequence
from .cuda_sums import COLUMNS, LANES, by_columns, column_sum, first_row

MOMENTS = 1  # as in moments.py, which loads the CPU's kernels


@kernel(by_columns)
def moments(x, rows, channels, sums, workers):
    """Each worker's Σ x and Σ x² over its rows, in float64."""
    shared = cuda.shared.array(REDUCERS, float64)
    thread, worker = cuda.threadIdx.x, cuda.blockIdx.y
    c, total, squares = cuda.blockIdx.x * COLUMNS + thread % COLUMNS, 0.0, 0.0
    if c < channels:
        last = first_row(worker + 1, rows, workers)
        for row in range(first_row(worker, rows, workers) + thread // COLUMNS, last, LANES):
            value = np.float64(x[row * channels + c])
            total += value
            squares += value * value
    total, squares = column_sum(shared, thread, total), column_sum(shared, thread, squares)
    if thread < COLUMNS and c < channels:
        sums[worker * 2 * channels + c] = total
        sums[(worker * 2 + 1) * channels + c] = squares


@kernel(by_columns)
def products(x, dy, mean, inverse_std, rows, channels, sums, workers):
    """Each worker's Σ dy and Σ dy·x̂ over its rows, in float64; x̂ is the normalised x."""
    shared = cuda.shared.array(REDUCERS, float64)
    thread, worker = cuda.threadIdx.x, cuda.blockIdx.y
    c, total, dots = cuda.blockIdx.x * COLUMNS + thread % COLUMNS, 0.0, 0.0
    if c < channels:
        last = first_row(worker + 1, rows, workers)
        centre, scale = mean[c], inverse_std[c]
        for row in range(first_row(worker, rows, workers) + thread // COLUMNS, last, LANES):
            gradient = np.float64(dy[row * channels + c])
            total += gradient
            dots += gradient * ((x[row * channels + c] - centre) * scale)
    total, dots = column_sum(shared, thread, total), column_sum(shared, thread, dots)
    if thread < COLUMNS and c < channels:
        sums[worker * 2 * channels + c] = total
        sums[(worker * 2 + 1) * channels + c] = dots


@sequence
def measure_all(measuring, values, rows, threads):
    """The sums of a whole matrix, as moments.measure_all takes them; `threads` are the workers."""
    what, channels, partner, mean, inverse_std, sums = measuring[:6]
    if what == MOMENTS:
        return moments.launches(values, rows, channels, sums, threads)
    return products.launches(partner, values, mean, inverse_std, rows, channels, sums, threads)
