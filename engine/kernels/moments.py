"""Sums over the rows of a matrix of channels, for batch norm: taken by whoever has the rows in cache.

They are taken a block at a time in float32, vectors of channels side by side in registers; the blocks' sums are added
in float64, one partial a thread: added up in thread order, a fixed number of threads gives the same bits.
"""

import numba
import numpy as np

from .jit import FLAGS, kernel
from .simd import add, broadcast, fma, load, multiply, store, subtract
from .vector import LANES

F = np.float32
BLOCK = 4096  # values in a block: it stays in L1, and few enough are added in float32

NOTHING, MOMENTS, PRODUCTS = 0, 1, 2
"""What is summed: nothing; x and x²; dy and dy·x̂, where x̂ is the normalised partner."""


@numba.njit(**FLAGS)
def block_moments(x, at, rows, channels, out):
    """Sums of x and of x² over the rows of a block, from out[0] and out[channels]: four rows at a time, so that sums
    need not wait for each other."""
    whole, fours = channels // LANES * LANES, rows // 4 * 4
    for c in range(0, whole, LANES):
        zero = broadcast(F(0))
        total0, total1, total2, total3 = zero, zero, zero, zero
        squares0, squares1, squares2, squares3 = zero, zero, zero, zero
        first = at + c
        for row in range(0, fours, 4):
            i = first + row * channels
            a, b = load(x, i), load(x, i + channels)
            c2, d = load(x, i + 2 * channels), load(x, i + 3 * channels)
            total0, total1, total2, total3 = add(total0, a), add(total1, b), add(total2, c2), add(total3, d)
            squares0, squares1 = fma(a, a, squares0), fma(b, b, squares1)
            squares2, squares3 = fma(c2, c2, squares2), fma(d, d, squares3)
        for row in range(fours, rows):
            a = load(x, first + row * channels)
            total0, squares0 = add(total0, a), fma(a, a, squares0)
        store(out, c, add(add(total0, total1), add(total2, total3)))
        store(out, channels + c, add(add(squares0, squares1), add(squares2, squares3)))
    for c in range(whole, channels):
        total, squares = F(0), F(0)
        for row in range(rows):
            value = x[at + row * channels + c]
            total += value
            squares += value * value
        out[c], out[channels + c] = total, squares


@numba.njit(**FLAGS)
def _normal(x, i, centre, scale):
    """x̂ at one place."""
    return multiply(subtract(load(x, i), centre), scale)


@numba.njit(**FLAGS)
def block_products(x, dy, mean, inverse_std, at, rows, channels, out):
    """Sums of dy and of dy·x̂ over the rows of a block, from out[0] and out[channels]; as block_moments."""
    whole, fours = channels // LANES * LANES, rows // 4 * 4
    for c in range(0, whole, LANES):
        zero = broadcast(F(0))
        total0, total1, total2, total3 = zero, zero, zero, zero
        products0, products1, products2, products3 = zero, zero, zero, zero
        centre, scale, first = load(mean, c), load(inverse_std, c), at + c
        for row in range(0, fours, 4):
            i = first + row * channels
            j, k, m = i + channels, i + 2 * channels, i + 3 * channels
            a, b, c2, d = load(dy, i), load(dy, j), load(dy, k), load(dy, m)
            total0, total1, total2, total3 = add(total0, a), add(total1, b), add(total2, c2), add(total3, d)
            products0 = fma(a, _normal(x, i, centre, scale), products0)
            products1 = fma(b, _normal(x, j, centre, scale), products1)
            products2 = fma(c2, _normal(x, k, centre, scale), products2)
            products3 = fma(d, _normal(x, m, centre, scale), products3)
        for row in range(fours, rows):
            i = first + row * channels
            a = load(dy, i)
            total0, products0 = add(total0, a), fma(a, _normal(x, i, centre, scale), products0)
        store(out, c, add(add(total0, total1), add(total2, total3)))
        store(out, channels + c, add(add(products0, products1), add(products2, products3)))
    for c in range(whole, channels):
        total, products = F(0), F(0)
        for row in range(rows):
            gradient = dy[at + row * channels + c]
            total += gradient
            products += gradient * ((x[at + row * channels + c] - mean[c]) * inverse_std[c])
        out[c], out[channels + c] = total, products


@numba.njit(**FLAGS)
def add_block(out, sums, count):
    """sums += out."""
    for i in range(count):
        sums[i] += np.float64(out[i])


def nothing():
    """A measuring of kernels that are to sum nothing; see `begin`."""
    none = np.zeros(1, np.float32)
    return NOTHING, 1, none, none, none, np.zeros(1, np.float64), none


@numba.njit(**FLAGS)
def begin(measuring, thread):
    """Set a thread's sums to zero. `measuring` is (what, channels, partner, mean, inverse_std, sums, block)."""
    if measuring[0] != NOTHING:
        channels = measuring[1]
        measuring[5][thread * 2 * channels : (thread + 1) * 2 * channels] = 0.0


@numba.njit(**FLAGS)
def measure(measuring, values, at, count, thread):
    """Add values[at : at + count], whole rows, to a thread's sums."""
    what, channels, partner, mean, inverse_std, sums, block = measuring
    if what == NOTHING:
        return
    own = sums[thread * 2 * channels : (thread + 1) * 2 * channels]
    out = block[thread * 2 * channels : (thread + 1) * 2 * channels]
    height = max(BLOCK // channels, 1)
    rows = count // channels
    for row in range(0, rows, height):
        here = at + row * channels
        if what == MOMENTS:
            block_moments(values, here, min(height, rows - row), channels, out)
        else:
            block_products(partner, values, mean, inverse_std, here, min(height, rows - row), channels, out)
        add_block(out, own, 2 * channels)


@kernel
def measure_all(measuring, values, rows, threads):
    """The sums of a whole matrix, for those who did not take them while they wrote it."""
    channels = measuring[1]
    height = max(BLOCK // channels, 1)
    blocks = (rows + height - 1) // height
    for thread in numba.prange(threads):
        begin(measuring, thread)
        first, last = thread * blocks // threads * height, min((thread + 1) * blocks // threads * height, rows)
        measure(measuring, values, first * channels, (last - first) * channels, thread)


@numba.njit(**FLAGS)
def gather(sums, channels, threads):
    """Add the threads' partial sums into those of the first."""
    for thread in range(1, threads):
        part = sums[thread * 2 * channels : (thread + 1) * 2 * channels]
        for i in range(2 * channels):
            sums[i] += part[i]
