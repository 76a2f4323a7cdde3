"""Normalisation on the GPU, under the names and with the arguments of cpu.py.

Arrays are matrices of `rows` positions × `channels`, flat. Batch norm's sums over rows: kernels/cuda_moments.py.
"""

import math

import numpy as np

from ...kernels.cuda_jit import cuda, kernel, per, sequence
from ...kernels.exponential import exp, log

F = np.float32
LOCAL_BLOCK = 0  # local response normalisation needs no scratch here


@kernel(per("channels"))
def statistics(mean, inverse_std, running_mean, running_var, rows, channels, momentum, epsilon, sums, partials):
    """The batch's mean and 1/√(biased variance + epsilon) from its sums; running ones follow (variance unbiased)."""
    c = cuda.grid(1)
    if c < channels:
        total, squares = 0.0, 0.0
        for worker in range(partials):
            total += sums[worker * 2 * channels + c]
            squares += sums[(worker * 2 + 1) * channels + c]
        centre = total / rows
        variance = squares / rows - centre * centre
        variance = 0.0 if variance < 0.0 else variance  # NaN stays NaN
        mean[c] = F(centre)
        inverse_std[c] = F(1.0 / math.sqrt(variance + epsilon))
        unbiased = variance * rows / max(rows - 1, 1)
        running_mean[c] = F((1 - momentum) * running_mean[c] + momentum * centre)
        running_var[c] = F((1 - momentum) * running_var[c] + momentum * unbiased)


@kernel(per("rows", "channels"))
def train_forward(x, scale, shift, mean, inverse_std, other, adds, floor, y, rows, channels, threads):
    """Normalise by the batch's own statistics, add `other` if `adds`, clip from below by floor; NaN stays NaN."""
    i = cuda.grid(1)
    if i < rows * channels:
        c = i % channels
        value = (x[i] - mean[c]) * (inverse_std[c] * scale[c]) + shift[c]
        if adds:
            value += other[i]
        y[i] = floor if value < floor else value


@kernel(per("channels"))
def fixed_statistics(running_mean, running_var, mean, inverse_std, epsilon, channels):
    """What normalisation by running statistics uses."""
    c = cuda.grid(1)
    if c < channels:
        mean[c] = running_mean[c]
        inverse_std[c] = F(1.0 / math.sqrt(running_var[c] + epsilon))


@sequence
def infer_forward(
    x, scale, shift, running_mean, running_var, mean, inverse_std, epsilon, other, adds, floor, y, rows, channels,
    threads,
):  # fmt: skip
    """Normalise by the running mean and variance, and note which ones were used; then as train_forward."""
    return (
        *fixed_statistics.launches(running_mean, running_var, mean, inverse_std, epsilon, channels),
        *train_forward.launches(
            x, scale, shift, mean, inverse_std, other, adds, floor, y, rows, channels, threads
        ),
    )  # fmt: skip


@kernel(per("channels"))
def weight_gradient(dscale, dshift, channels, sums, partials):
    """dscale = Σ dy·x̂ and dshift = Σ dy from the workers' sums."""
    c = cuda.grid(1)
    if c < channels:
        total, dots = 0.0, 0.0
        for worker in range(partials):
            total += sums[worker * 2 * channels + c]
            dots += sums[(worker * 2 + 1) * channels + c]
        dshift[c] = F(total)
        dscale[c] = F(dots)


@kernel(per("rows", "channels"))
def train_backward(x, dy, scale, mean, inverse_std, dx, dscale, dshift, rows, channels, masks, threads):
    """dx through the batch statistics, from the sums of weight_gradient (Ioffe & Szegedy 2015, §3).

    With `masks`, 0 where x is not positive.
    """
    i = cuda.grid(1)
    if i < rows * channels:
        c, share = i % channels, F(1) / F(rows)
        normal = (x[i] - mean[c]) * inverse_std[c]
        change = (dy[i] - (normal * (dscale[c] * share) + dshift[c] * share)) * (inverse_std[c] * scale[c])
        dx[i] = change if x[i] > 0 or not masks else F(0)


@kernel(per("rows", "channels"))
def infer_backward(dy, scale, inverse_std, dx, rows, channels, threads):
    """dx with fixed statistics: the layer is a scale and a shift."""
    i = cuda.grid(1)
    if i < rows * channels:
        c = i % channels
        dx[i] = dy[i] * (scale[c] * inverse_std[c])


@kernel(per("rows", "channels"))
def local_forward(x, y, rows, channels, reach, alpha, beta, constant, scratch, threads):
    """y = x · s^(−beta), s = constant + alpha · Σ x² over the channels up to `reach` away (Krizhevsky et al. 2012)."""
    i = cuda.grid(1)
    if i < rows * channels:
        c = i % channels
        squares = F(0)
        for j in range(i - min(c, reach), i + min(channels - 1 - c, reach) + 1):
            squares += x[j] * x[j]
        y[i] = x[i] * exp(-beta * log(constant + alpha * squares))


@kernel(per("rows", "channels"))
def local_backward(x, dy, dx, rows, channels, reach, alpha, beta, constant, scratch, threads):
    """dx = dy · s^(−beta) − 2 · alpha · beta · x · Σ dy · x · s^(−beta − 1) over neighbours; s is computed again."""
    i = cuda.grid(1)
    if i < rows * channels:
        first = i - i % channels
        last = first + channels
        products, own = F(0), F(0)
        for j in range(max(i - reach, first), min(i + reach + 1, last)):
            squares = F(0)
            for k in range(max(j - reach, first), min(j + reach + 1, last)):
                squares += x[k] * x[k]
            scale = constant + alpha * squares
            direct = dy[j] * exp(-beta * log(scale))
            products += direct * x[j] / scale
            if j == i:
                own = direct
        dx[i] = own - F(2) * alpha * beta * x[i] * products
