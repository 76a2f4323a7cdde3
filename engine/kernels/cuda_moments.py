"""The sums that batch norm wants, on the GPU: of x and x², or of dy and dy·x̂; for each worker one pair a channel.

The arrays are laid out as those of moments.py, with workers in the place of threads.
"""

import numpy as np
from numba import float64

from .cuda_jit import cuda, kernel, sequence
from .cuda_sums import COLUMNS, LANES, SIZE, by_columns

PAIRS = 2 * SIZE
MOMENTS = 1  # as in moments.py, which loads the CPU's kernels


@kernel(by_columns)
def moments(x, rows, channels, sums, workers):
    """Each worker's Σ x and Σ x² over its rows, in float64."""
    shared = cuda.shared.array(PAIRS, float64)
    lane, own = cuda.threadIdx.x // COLUMNS, cuda.threadIdx.x % COLUMNS
    c = cuda.blockIdx.x * COLUMNS + own
    total, squares = 0.0, 0.0
    if c < channels:
        first = cuda.blockIdx.y * rows // workers
        last = (cuda.blockIdx.y + 1) * rows // workers
        for row in range(first + lane, last, LANES):
            value = np.float64(x[row * channels + c])
            total += value
            squares += value * value
    shared[cuda.threadIdx.x], shared[SIZE + cuda.threadIdx.x] = total, squares
    cuda.syncthreads()
    if lane == 0 and c < channels:
        for other in range(1, LANES):
            total += shared[other * COLUMNS + own]
            squares += shared[SIZE + other * COLUMNS + own]
        sums[cuda.blockIdx.y * 2 * channels + c] = total
        sums[(cuda.blockIdx.y * 2 + 1) * channels + c] = squares


@kernel(by_columns)
def products(x, dy, mean, inverse_std, rows, channels, sums, workers):
    """Each worker's Σ dy and Σ dy·x̂ over its rows, in float64; x̂ is the normalised x."""
    shared = cuda.shared.array(PAIRS, float64)
    lane, own = cuda.threadIdx.x // COLUMNS, cuda.threadIdx.x % COLUMNS
    c = cuda.blockIdx.x * COLUMNS + own
    total, dots = 0.0, 0.0
    if c < channels:
        first = cuda.blockIdx.y * rows // workers
        last = (cuda.blockIdx.y + 1) * rows // workers
        centre, scale = mean[c], inverse_std[c]
        for row in range(first + lane, last, LANES):
            gradient = np.float64(dy[row * channels + c])
            total += gradient
            dots += gradient * ((x[row * channels + c] - centre) * scale)
    shared[cuda.threadIdx.x], shared[SIZE + cuda.threadIdx.x] = total, dots
    cuda.syncthreads()
    if lane == 0 and c < channels:
        for other in range(1, LANES):
            total += shared[other * COLUMNS + own]
            dots += shared[SIZE + other * COLUMNS + own]
        sums[cuda.blockIdx.y * 2 * channels + c] = total
        sums[(cuda.blockIdx.y * 2 + 1) * channels + c] = dots


@sequence
def measure_all(measuring, values, rows, threads):
    """The sums of a whole matrix, as moments.measure_all takes them; `threads` are the workers."""
    what, channels, partner, mean, inverse_std, sums, _ = measuring
    if what == MOMENTS:
        return moments.launches(values, rows, channels, sums, threads)
    return products.launches(partner, values, mean, inverse_std, rows, channels, sums, threads)
