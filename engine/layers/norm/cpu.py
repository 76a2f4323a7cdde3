"""Normalisation on the CPU. Arrays are matrices of `rows` positions × `channels`, flat.

Batch norm's sums over rows: kernels/moments.py.
"""

import math

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.elementwise import share
from ...kernels.exponential import exp, log
from ...kernels.jit import kernel, serial_kernel
from ...kernels.moments import gather
from ...kernels.simd import add, at_least, fma, load, multiply, prefetch, scaled, store, subtract, where_positive
from ...kernels.vector import LANES

F = np.float32
AHEAD = 1024
"""Values between asking memory for one and using it, where rows are too long for it to foresee what comes next."""


@register_jitable
def rows_at_once(channels):
    """Few rows, so that memory is read in order; some, so that what is the same for all of them is loaded once."""
    return max(256 // channels, 2)


@register_jitable
def asks_ahead(channels):
    """Whether several rows at once are read in so many places that memory is asked ahead."""
    return channels > LANES


@register_jitable
def normalise(x, scale, shift, mean, inverse_std, other, adds, floor, y, at, rows, channels):
    """y = max((x − mean) · (inverse_std · scale) + shift (+ other), floor) for a few rows; NaN stays NaN."""
    whole, asks = channels // LANES * LANES, asks_ahead(channels)
    for c in range(0, whole, LANES):
        centre, factor, offset = load(mean, c), multiply(load(inverse_std, c), load(scale, c)), load(shift, c)
        for i in range(at + c, at + c + rows * channels, channels):
            if asks:
                prefetch(x, i + AHEAD)
                prefetch(y, i + AHEAD)
            value = fma(subtract(load(x, i), centre), factor, offset)
            if adds:
                if asks:
                    prefetch(other, i + AHEAD)
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
    """`normalise` for rows first … last."""
    height = rows_at_once(channels)
    for row in range(first, last, height):
        rows = min(height, last - row)
        normalise(x, scale, shift, mean, inverse_std, other, adds, floor, y, row * channels, rows, channels)


@register_jitable
def through_statistics(x, dy, scale, mean, inverse_std, dx, dscale, dshift, share_of_one, masks, at, rows, channels):
    """dx = (dy − (dshift + x̂·dscale)/n) · inverse_std · scale for a few rows."""
    whole, asks = channels // LANES * LANES, asks_ahead(channels)
    for c in range(0, whole, LANES):
        centre, std = load(mean, c), load(inverse_std, c)
        factor = multiply(std, load(scale, c))
        constant, slope = scaled(load(dshift, c), share_of_one), scaled(load(dscale, c), share_of_one)
        for i in range(at + c, at + c + rows * channels, channels):
            if asks:
                prefetch(x, i + AHEAD)
                prefetch(dy, i + AHEAD)
                prefetch(dx, i + AHEAD)
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


@serial_kernel
def statistics(mean, inverse_std, running_mean, running_var, rows, channels, momentum, epsilon, sums, partials):
    """The batch's mean and 1/√(biased variance + epsilon) from its sums; running ones follow (variance unbiased)."""
    gather(sums, channels, partials)
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


@serial_kernel
def weight_gradient(dscale, dshift, channels, sums, partials):
    """dscale = Σ dy·x̂ and dshift = Σ dy from the threads' sums."""
    gather(sums, channels, partials)
    for c in range(channels):
        dshift[c] = F(sums[c])
        dscale[c] = F(sums[channels + c])


@kernel
def train_backward(x, dy, scale, mean, inverse_std, dx, dscale, dshift, rows, channels, masks, threads):
    """dx through the batch statistics, from the sums of weight_gradient (Ioffe & Szegedy 2015, §3).

    With `masks`, 0 where x is not positive.
    """
    share_of_one = F(1.0 / rows)
    height = rows_at_once(channels)
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


LOCAL_BLOCK = 1024
"""Values that local response normalisation works on at a time; they stay in L1."""


@register_jitable
def neighbour_sums(values, reach, sums):
    """sums[i] = Σ values[i … i + 2 · reach]: a vector loop for each neighbour."""
    count = len(sums)
    sums[:] = F(0)
    for first in range(2 * reach + 1):
        shifted = values[first : first + count]
        for i in range(count):
            sums[i] += shifted[i]


@register_jitable
def local_scales(x, at, rows, channels, reach, alpha, constant, padded, scales):
    """scales = constant + alpha · the squares of the neighbours, for a few rows, each with a gap of `reach` behind it.

    `padded` has the squares in the same places but for a gap in front.
    """
    width = channels + reach
    for row in range(rows):
        values = x[at + row * channels : at + (row + 1) * channels]
        squares = padded[reach + row * width : reach + row * width + channels]
        for c in range(channels):
            squares[c] = values[c] * values[c]
    neighbour_sums(padded, reach, scales)
    for i in range(len(scales)):
        scales[i] = constant + alpha * scales[i]


@kernel
def local_forward(x, y, rows, channels, reach, alpha, beta, constant, scratch, threads):
    """y = x · s^(−beta), s = constant + alpha · Σ x² over the channels up to `reach` away (Krizhevsky et al. 2012).

    `scratch` holds 3 · (LOCAL_BLOCK + channels + 3 · reach) values a thread.
    """
    width, part = channels + reach, LOCAL_BLOCK + channels + 3 * reach
    height = max(LOCAL_BLOCK // width, 1)
    for thread in numba.prange(threads):
        padded = scratch[3 * thread * part : (3 * thread + 1) * part]
        padded[:] = F(0)
        first, last = share(thread, threads, rows)
        for start in range(first, last, height):
            count, at = min(height, last - start), start * channels
            powers = scratch[(3 * thread + 1) * part : (3 * thread + 1) * part + count * width]
            local_scales(x, at, count, channels, reach, alpha, constant, padded, powers)
            for i in range(count * width):
                powers[i] = exp(-beta * log(powers[i]))
            for row in range(count):
                begin, end = at + row * channels, at + (row + 1) * channels
                values, factors, out = x[begin:end], powers[row * width : row * width + channels], y[begin:end]
                for c in range(channels):
                    out[c] = values[c] * factors[c]


@kernel
def local_backward(x, dy, dx, rows, channels, reach, alpha, beta, constant, scratch, threads):
    """dx = dy · s^(−beta) − 2 · alpha · beta · x · Σ dy · x · s^(−beta − 1) over neighbours; s is computed again."""
    width, part = channels + reach, LOCAL_BLOCK + channels + 3 * reach
    height = max(LOCAL_BLOCK // width, 1)
    for thread in numba.prange(threads):
        padded = scratch[3 * thread * part : (3 * thread + 1) * part]
        padded[:] = F(0)
        first, last = share(thread, threads, rows)
        for start in range(first, last, height):
            count, at = min(height, last - start), start * channels
            scales = scratch[(3 * thread + 1) * part : (3 * thread + 1) * part + count * width]
            powers = scratch[(3 * thread + 2) * part : (3 * thread + 2) * part + count * width]
            local_scales(x, at, count, channels, reach, alpha, constant, padded, scales)
            for i in range(count * width):
                powers[i] = exp(-beta * log(scales[i]))
            for row in range(count):
                begin, end, place = at + row * channels, at + (row + 1) * channels, row * width
                values, gradient, out = x[begin:end], dy[begin:end], dx[begin:end]
                products = padded[place + reach : place + reach + channels]
                factors, own = powers[place : place + channels], scales[place : place + channels]
                for c in range(channels):
                    direct = gradient[c] * factors[c]
                    out[c] = direct
                    products[c] = direct * values[c] / own[c]
            neighbour_sums(padded, reach, scales)
            for row in range(count):
                begin, end, place = at + row * channels, at + (row + 1) * channels, row * width
                values, sums, out = x[begin:end], scales[place : place + channels], dx[begin:end]
                for c in range(channels):
                    out[c] -= F(2) * alpha * beta * values[c] * sums[c]
