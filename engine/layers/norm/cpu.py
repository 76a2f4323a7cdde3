"""Batch normalisation on the CPU. Sums run in float64, one partial a thread, added in thread order."""

import math

import numba
import numpy as np

from ...kernels.jit import kernel


@kernel
def train_forward(x, scale, shift, y, mean, inverse_std, running_mean, running_var, rows, channels, momentum, epsilon, sums, threads):
    """Normalise by the batch's own mean and (biased) variance; update the running ones (variance unbiased).

    x, y (rows, channels); sums holds threads · 2 · channels float64 values.
    """
    for thread in numba.prange(threads):
        first = thread * 2 * channels
        for i in range(2 * channels):
            sums[first + i] = 0.0
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for c in range(channels):
                value = np.float64(x[row * channels + c])
                sums[first + c] += value
                sums[first + channels + c] += value * value
    for c in range(channels):
        total, squares = 0.0, 0.0
        for thread in range(threads):
            total += sums[thread * 2 * channels + c]
            squares += sums[thread * 2 * channels + channels + c]
        centre = total / rows
        variance = max(squares / rows - centre * centre, 0.0)
        if not (centre == centre):
            variance = centre
        mean[c] = np.float32(centre)
        inverse_std[c] = np.float32(1.0 / math.sqrt(variance + epsilon))
        unbiased = variance * rows / max(rows - 1, 1)
        running_mean[c] = np.float32((1 - momentum) * running_mean[c] + momentum * centre)
        running_var[c] = np.float32((1 - momentum) * running_var[c] + momentum * unbiased)
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for c in range(channels):
                i = row * channels + c
                y[i] = (x[i] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c]


@kernel
def infer_forward(x, scale, shift, running_mean, running_var, y, mean, inverse_std, rows, channels, epsilon, threads):
    """Normalise by the running mean and variance, and note which ones were used."""
    for c in range(channels):
        mean[c] = running_mean[c]
        inverse_std[c] = np.float32(1.0 / math.sqrt(running_var[c] + epsilon))
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for c in range(channels):
                i = row * channels + c
                y[i] = (x[i] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c]


@kernel
def weight_gradient(x, dy, mean, inverse_std, dscale, dshift, rows, channels, sums, threads):
    """dscale = Σ dy·x̂ and dshift = Σ dy over rows, where x̂ is the normalised input."""
    for thread in numba.prange(threads):
        first = thread * 2 * channels
        for i in range(2 * channels):
            sums[first + i] = 0.0
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for c in range(channels):
                i = row * channels + c
                sums[first + c] += np.float64(dy[i])
                sums[first + channels + c] += np.float64(dy[i]) * ((x[i] - mean[c]) * inverse_std[c])
    for c in range(channels):
        total, product = 0.0, 0.0
        for thread in range(threads):
            total += sums[thread * 2 * channels + c]
            product += sums[thread * 2 * channels + channels + c]
        dshift[c] = np.float32(total)
        dscale[c] = np.float32(product)


@kernel
def train_backward(x, dy, scale, mean, inverse_std, dx, dscale, dshift, rows, channels, threads):
    """dx through the batch statistics, from the sums of weight_gradient (Ioffe & Szegedy 2015, §3)."""
    share = np.float32(1.0 / rows)
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for c in range(channels):
                i = row * channels + c
                normal = (x[i] - mean[c]) * inverse_std[c]
                dx[i] = (dy[i] - (dshift[c] + normal * dscale[c]) * share) * (inverse_std[c] * scale[c])


@kernel
def infer_backward(dy, scale, inverse_std, dx, rows, channels, threads):
    """dx with fixed statistics: the layer is a scale and a shift."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            for c in range(channels):
                i = row * channels + c
                dx[i] = dy[i] * (scale[c] * inverse_std[c])
