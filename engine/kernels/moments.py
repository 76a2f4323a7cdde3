"""Sums over the rows of a matrix of channels, for batch norm: taken by whoever has the rows in cache.

They are taken a block at a time in float32, vectors of channels side by side in registers; the blocks' sums are added
in float64, one partial a thread: added up in thread order, a fixed number of threads gives the same bits.
"""

import numba
import numpy as np

from .jit import FLAGS, kernel
from .simd import add, broadcast, fma, load, multiply, store, subtract, where_positive
from .vector import LANES

F = np.float32
BLOCK = 4096  # values in a block: it stays in L1, and few enough are added in float32

NOTHING, MOMENTS, PRODUCTS, MASKED_PRODUCTS = 0, 1, 2, 3
"""What is summed: nothing; x and x²; dy and dy·x̂, where x̂ is the normalised partner; the same of what of dy passes
the ReLU behind the norm, the rest being set to 0. Where that is, the partner tells: the norm's output is not read."""


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
def _normal(x, i, centre, std):
    """x̂ at one place."""
    return multiply(subtract(load(x, i), centre), std)


@numba.njit(**FLAGS)
def _as_it_is(x, dy, i, centre, factor, offset):
    """dy at one place."""
    return load(dy, i)


@numba.njit(**FLAGS)
def _passed(x, dy, i, centre, factor, offset):
    """dy at one place, which becomes 0 where the norm's output, worked out as norm/cpu.py does, is not positive."""
    gradient = where_positive(fma(subtract(load(x, i), centre), factor, offset), load(dy, i))
    store(dy, i, gradient)
    return gradient


def _products_of(gradient, masks):
    """Sums of dy and of dy·x̂ for a block: one loop, without and with a ReLU behind the norm."""

    @numba.njit(**FLAGS)
    def block_products(x, dy, mean, inverse_std, scale, shift, at, rows, channels, out):
        """Sums over the rows of a block, from out[0] and out[channels]; as block_moments."""
        whole, fours = channels // LANES * LANES, rows // 4 * 4
        for c in range(0, whole, LANES):
            zero = broadcast(F(0))
            total0, total1, total2, total3 = zero, zero, zero, zero
            products0, products1, products2, products3 = zero, zero, zero, zero
            centre, std, first = load(mean, c), load(inverse_std, c), at + c
            relu = centre, multiply(std, load(scale, c)), load(shift, c)
            for row in range(0, fours, 4):
                i = first + row * channels
                j, k, m = i + channels, i + 2 * channels, i + 3 * channels
                a, b = gradient(x, dy, i, *relu), gradient(x, dy, j, *relu)
                c2, d = gradient(x, dy, k, *relu), gradient(x, dy, m, *relu)
                total0, total1, total2, total3 = add(total0, a), add(total1, b), add(total2, c2), add(total3, d)
                products0 = fma(a, _normal(x, i, centre, std), products0)
                products1 = fma(b, _normal(x, j, centre, std), products1)
                products2 = fma(c2, _normal(x, k, centre, std), products2)
                products3 = fma(d, _normal(x, m, centre, std), products3)
            for row in range(fours, rows):
                i = first + row * channels
                a = gradient(x, dy, i, *relu)
                total0, products0 = add(total0, a), fma(a, _normal(x, i, centre, std), products0)
            store(out, c, add(add(total0, total1), add(total2, total3)))
            store(out, channels + c, add(add(products0, products1), add(products2, products3)))
        for c in range(whole, channels):
            total, products = F(0), F(0)
            for i in range(at + c, at + c + rows * channels, channels):
                if masks and not (x[i] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c] > 0:
                    dy[i] = F(0)
                total += dy[i]
                products += dy[i] * ((x[i] - mean[c]) * inverse_std[c])
            out[c], out[channels + c] = total, products

    return block_products


block_products, block_masked_products = _products_of(_as_it_is, False), _products_of(_passed, True)


@numba.njit(**FLAGS)
def add_block(out, sums, count):
    """sums += out."""
    for i in range(count):
        sums[i] += np.float64(out[i])


def nothing():
    """A measuring of kernels that are to sum nothing; see `begin`."""
    none = np.zeros(1, np.float32)
    return NOTHING, 1, none, none, none, np.zeros(1, np.float64), none, none, none


@numba.njit(**FLAGS)
def begin(measuring, thread):
    """Set a thread's sums to zero.

    `measuring` is (what, channels, partner, mean, inverse_std, sums, block, scale, shift).
    """
    if measuring[0] != NOTHING:
        channels = measuring[1]
        measuring[5][thread * 2 * channels : (thread + 1) * 2 * channels] = 0.0


@numba.njit(**FLAGS)
def measure(measuring, values, at, count, thread):
    """Add values[at : at + count], whole rows, to a thread's sums."""
    what, channels, partner, mean, inverse_std, sums, block, scale, shift = measuring
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
        elif what == PRODUCTS:
            block_products(
                partner, values, mean, inverse_std, scale, shift, here, min(height, rows - row), channels, out
            )
        else:
            block_masked_products(
                partner, values, mean, inverse_std, scale, shift, here, min(height, rows - row), channels, out
            )
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
