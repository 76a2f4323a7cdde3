"""Batch normalisation on the CPU. Arrays are matrices of `rows` positions × `channels`, flat.

Sums run in float64, one partial a thread, added in thread order: a fixed number of threads gives the same bits.
`sums` holds threads · 2 · channels float64 values.
"""

import math

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.jit import kernel


@register_jitable
def gather(sums, channels, threads):
    """Add the threads' partial sums into those of the first."""
    for thread in range(1, threads):
        part = sums[thread * 2 * channels : (thread + 1) * 2 * channels]
        for i in range(2 * channels):
            sums[i] += part[i]


@kernel
def train_forward(
    x, scale, shift, y, mean, inverse_std, running_mean, running_var, rows, channels, momentum, epsilon, sums, threads
):
    """Normalise by the batch's own mean and (biased) variance; update the running ones (variance unbiased)."""
    for thread in numba.prange(threads):
        total = sums[thread * 2 * channels : thread * 2 * channels + channels]
        squares = sums[thread * 2 * channels + channels : (thread + 1) * 2 * channels]
        total[:] = 0.0
        squares[:] = 0.0
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values = x[row * channels : (row + 1) * channels]
            for c in range(channels):
                value = np.float64(values[c])
                total[c] += value
                squares[c] += value * value
    gather(sums, channels, threads)
    for c in range(channels):
        centre = sums[c] / rows
        variance = sums[channels + c] / rows - centre * centre
        variance = 0.0 if variance < 0.0 else variance  # NaN stays NaN
        mean[c] = np.float32(centre)
        inverse_std[c] = np.float32(1.0 / math.sqrt(variance + epsilon))
        unbiased = variance * rows / max(rows - 1, 1)
        running_mean[c] = np.float32((1 - momentum) * running_mean[c] + momentum * centre)
        running_var[c] = np.float32((1 - momentum) * running_var[c] + momentum * unbiased)
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values, out = x[row * channels : (row + 1) * channels], y[row * channels : (row + 1) * channels]
            for c in range(channels):
                out[c] = (values[c] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c]


@kernel
def infer_forward(x, scale, shift, running_mean, running_var, y, mean, inverse_std, rows, channels, epsilon, threads):
    """Normalise by the running mean and variance, and note which ones were used."""
    for c in range(channels):
        mean[c] = running_mean[c]
        inverse_std[c] = np.float32(1.0 / math.sqrt(running_var[c] + epsilon))
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values, out = x[row * channels : (row + 1) * channels], y[row * channels : (row + 1) * channels]
            for c in range(channels):
                out[c] = (values[c] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c]


@kernel
def weight_gradient(x, dy, mean, inverse_std, dscale, dshift, rows, channels, sums, threads):
    """dscale = Σ dy·x̂ and dshift = Σ dy over rows, where x̂ is the normalised input."""
    for thread in numba.prange(threads):
        total = sums[thread * 2 * channels : thread * 2 * channels + channels]
        product = sums[thread * 2 * channels + channels : (thread + 1) * 2 * channels]
        total[:] = 0.0
        product[:] = 0.0
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values, gradient = x[row * channels : (row + 1) * channels], dy[row * channels : (row + 1) * channels]
            for c in range(channels):
                total[c] += np.float64(gradient[c])
                product[c] += np.float64(gradient[c] * ((values[c] - mean[c]) * inverse_std[c]))
    gather(sums, channels, threads)
    for c in range(channels):
        dshift[c] = np.float32(sums[c])
        dscale[c] = np.float32(sums[channels + c])


@kernel
def train_backward(x, dy, scale, mean, inverse_std, dx, dscale, dshift, rows, channels, threads):
    """dx through the batch statistics, from the sums of weight_gradient (Ioffe & Szegedy 2015, §3)."""
    share = np.float32(1.0 / rows)
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values, gradient = x[row * channels : (row + 1) * channels], dy[row * channels : (row + 1) * channels]
            out = dx[row * channels : (row + 1) * channels]
            for c in range(channels):
                normal = (values[c] - mean[c]) * inverse_std[c]
                out[c] = (gradient[c] - (dshift[c] + normal * dscale[c]) * share) * (inverse_std[c] * scale[c])


@kernel
def infer_backward(dy, scale, inverse_std, dx, rows, channels, threads):
    """dx with fixed statistics: the layer is a scale and a shift."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            gradient, out = dy[row * channels : (row + 1) * channels], dx[row * channels : (row + 1) * channels]
            for c in range(channels):
                out[c] = gradient[c] * (scale[c] * inverse_std[c])
