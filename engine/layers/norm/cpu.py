"""Batch normalisation on the CPU. Arrays are matrices of `rows` positions × `channels`, flat.

Sums over rows are taken a block at a time in float32, vectors of channels side by side in registers; the blocks' sums
are added in float64, one partial a thread, in thread order: a fixed number of threads gives the same bits. `sums`
holds threads · 2 · channels float64 values, `block` threads · 2 · channels float32 values.
"""

import math

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.elementwise import share
from ...kernels.jit import kernel
from ...kernels.simd import add, at_least, broadcast, fma, load, multiply, scaled, store, subtract, where_positive
from ...kernels.vector import LANES

F = np.float32
BLOCK = 4096  # values in a block: it stays in L1, and few enough are added in float32


@register_jitable
def gather(sums, channels, threads):
    """Add the threads' partial sums into those of the first."""
    for thread in range(1, threads):
        part = sums[thread * 2 * channels : (thread + 1) * 2 * channels]
        for i in range(2 * channels):
            sums[i] += part[i]


@register_jitable
def block_moments(x, at, rows, channels, out):
    """Sums of x and of x² over the rows of a block, from out[0] and out[channels]."""
    whole = channels // LANES * LANES
    for c in range(0, whole, LANES):
        total, squares = broadcast(F(0)), broadcast(F(0))
        for row in range(rows):
            value = load(x, at + row * channels + c)
            total, squares = add(total, value), fma(value, value, squares)
        store(out, c, total)
        store(out, channels + c, squares)
    for c in range(whole, channels):
        total, squares = F(0), F(0)
        for row in range(rows):
            value = x[at + row * channels + c]
            total += value
            squares += value * value
        out[c], out[channels + c] = total, squares


@register_jitable
def block_products(x, dy, mean, inverse_std, at, rows, channels, out):
    """Sums of dy and of dy·x̂ over the rows of a block, from out[0] and out[channels]."""
    whole = channels // LANES * LANES
    for c in range(0, whole, LANES):
        total, products = broadcast(F(0)), broadcast(F(0))
        centre, scale = load(mean, c), load(inverse_std, c)
        for row in range(rows):
            gradient = load(dy, at + row * channels + c)
            normal = multiply(subtract(load(x, at + row * channels + c), centre), scale)
            total, products = add(total, gradient), fma(gradient, normal, products)
        store(out, c, total)
        store(out, channels + c, products)
    for c in range(whole, channels):
        total, products = F(0), F(0)
        for row in range(rows):
            gradient = dy[at + row * channels + c]
            total += gradient
            products += gradient * ((x[at + row * channels + c] - mean[c]) * inverse_std[c])
        out[c], out[channels + c] = total, products


@register_jitable
def add_block(out, sums, count):
    """sums += out."""
    for i in range(count):
        sums[i] += np.float64(out[i])


@register_jitable
def normalise(x, scale, shift, mean, inverse_std, other, adds, floor, y, at, rows, channels):
    """y = max((x − mean) · (inverse_std · scale) + shift (+ other), floor) for the rows of a block; NaN stays NaN."""
    whole = channels // LANES * LANES
    for c in range(0, whole, LANES):
        centre, factor, offset = load(mean, c), multiply(load(inverse_std, c), load(scale, c)), load(shift, c)
        for i in range(at + c, at + c + rows * channels, channels):
            value = fma(subtract(load(x, i), centre), factor, offset)
            if adds:
                value = add(value, load(other, i))
            store(y, i, at_least(value, floor))
    for c in range(whole, channels):
        for i in range(at + c, at + c + rows * channels, channels):
            value = (x[i] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c]
            if adds:
                value += other[i]
            y[i] = floor if value < floor else value


@register_jitable
def normalise_rows(x, scale, shift, mean, inverse_std, other, adds, floor, y, first, last, channels):
    """`normalise` for rows first … last, a block at a time."""
    height = max(BLOCK // channels, 1)
    for row in range(first, last, height):
        rows = min(height, last - row)
        normalise(x, scale, shift, mean, inverse_std, other, adds, floor, y, row * channels, rows, channels)


@register_jitable
def through_statistics(x, dy, scale, mean, inverse_std, dx, dscale, dshift, share_of_one, masks, at, rows, channels):
    """dx = (dy − (dshift + x̂·dscale)/n) · inverse_std · scale for the rows of a block."""
    whole = channels // LANES * LANES
    for c in range(0, whole, LANES):
        centre, std = load(mean, c), load(inverse_std, c)
        factor = multiply(std, load(scale, c))
        constant, slope = scaled(load(dshift, c), share_of_one), scaled(load(dscale, c), share_of_one)
        for i in range(at + c, at + c + rows * channels, channels):
            value = load(x, i)
            normal = multiply(subtract(value, centre), std)
            change = multiply(subtract(load(dy, i), fma(normal, slope, constant)), factor)
            store(dx, i, where_positive(value, change) if masks else change)
    for c in range(whole, channels):
        for i in range(at + c, at + c + rows * channels, channels):
            normal = (x[i] - mean[c]) * inverse_std[c]
            change = (dy[i] - (normal * (dscale[c] * share_of_one) + dshift[c] * share_of_one)) * (
                inverse_std[c] * scale[c]
            )
            dx[i] = change if x[i] > 0 or not masks else F(0)


@kernel
def statistics(
    x, mean, inverse_std, running_mean, running_var, rows, channels, momentum, epsilon, sums, block, threads
):
    """The batch's mean and 1/√(biased variance + epsilon); the running ones move on (variance unbiased)."""
    height = max(BLOCK // channels, 1)
    blocks = (rows + height - 1) // height
    for thread in numba.prange(threads):
        own = sums[thread * 2 * channels : (thread + 1) * 2 * channels]
        out = block[thread * 2 * channels : (thread + 1) * 2 * channels]
        own[:] = 0.0
        first, last = share(thread, threads, blocks)
        for at in range(first * height, min(last * height, rows), height):
            block_moments(x, at * channels, min(height, rows - at), channels, out)
            add_block(out, own, 2 * channels)
    gather(sums, channels, threads)
    for c in range(channels):
        centre = sums[c] / rows
        variance = sums[channels + c] / rows - centre * centre
        variance = 0.0 if variance < 0.0 else variance  # NaN stays NaN
        mean[c] = F(centre)
        inverse_std[c] = F(1.0 / math.sqrt(variance + epsilon))
        unbiased = variance * rows / max(rows - 1, 1)
        running_mean[c] = F((1 - momentum) * running_mean[c] + momentum * centre)
        running_var[c] = F((1 - momentum) * running_var[c] + momentum * unbiased)


@kernel
def train_forward(x, scale, shift, mean, inverse_std, other, adds, floor, y, rows, channels, threads):
    """Normalise by the batch's own statistics, add `other` if `adds`, clip from below by floor."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, rows)
        normalise_rows(x, scale, shift, mean, inverse_std, other, adds, floor, y, first, last, channels)


@kernel
def infer_forward(
    x,
    scale,
    shift,
    running_mean,
    running_var,
    mean,
    inverse_std,
    epsilon,
    other,
    adds,
    floor,
    y,
    rows,
    channels,
    threads,
):
    """Normalise by the running mean and variance, and note which ones were used; then as train_forward."""
    for c in range(channels):
        mean[c] = running_mean[c]
        inverse_std[c] = F(1.0 / math.sqrt(running_var[c] + epsilon))
    for thread in numba.prange(threads):
        first, last = share(thread, threads, rows)
        normalise_rows(x, scale, shift, mean, inverse_std, other, adds, floor, y, first, last, channels)


@kernel
def weight_gradient(x, dy, mean, inverse_std, dscale, dshift, rows, channels, sums, block, threads):
    """dscale = Σ dy·x̂ and dshift = Σ dy over rows, where x̂ is the normalised input."""
    height = max(BLOCK // channels, 1)
    blocks = (rows + height - 1) // height
    for thread in numba.prange(threads):
        own = sums[thread * 2 * channels : (thread + 1) * 2 * channels]
        out = block[thread * 2 * channels : (thread + 1) * 2 * channels]
        own[:] = 0.0
        first, last = share(thread, threads, blocks)
        for at in range(first * height, min(last * height, rows), height):
            block_products(x, dy, mean, inverse_std, at * channels, min(height, rows - at), channels, out)
            add_block(out, own, 2 * channels)
    gather(sums, channels, threads)
    for c in range(channels):
        dshift[c] = F(sums[c])
        dscale[c] = F(sums[channels + c])


@kernel
def train_backward(x, dy, scale, mean, inverse_std, dx, dscale, dshift, rows, channels, masks, threads):
    """dx through the batch statistics, from the sums of weight_gradient (Ioffe & Szegedy 2015, §3).

    With `masks`, 0 where x is not positive.
    """
    share_of_one = F(1.0 / rows)
    height = max(BLOCK // channels, 1)
    for thread in numba.prange(threads):
        first, last = share(thread, threads, rows)
        for row in range(first, last, height):
            count, at = min(height, last - row), row * channels
            through_statistics(
                x, dy, scale, mean, inverse_std, dx, dscale, dshift, share_of_one, masks, at, count, channels
            )


@kernel
def infer_backward(dy, scale, inverse_std, dx, rows, channels, threads):
    """dx with fixed statistics: the layer is a scale and a shift."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            gradient, out = dy[row * channels : (row + 1) * channels], dx[row * channels : (row + 1) * channels]
            for c in range(channels):
                out[c] = gradient[c] * (scale[c] * inverse_std[c])
