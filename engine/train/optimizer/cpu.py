"""Optimisers' steps over flat arrays, one kernel for each formula, and the gradient's norm.

A step reads weights, gradients, decay mask and buffers once, a chunk at a time, and does all there is to do: clipping,
weight decay, the update, and the count of weights that are not finite numbers afterwards. Every weight gets the same
bits on any number of threads.
"""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.elementwise import share
from ...kernels.jit import kernel
from . import scalar

CHUNK = 1 << 14  # weights updated at once: arrays of 64 KiB, four or five of which stay in the L2 cache
LANES = 64  # partial sums of a chunk, as many as eight vectors hold
LARGEST = np.finfo(np.float32).max


@register_jitable
def _slope(g, d, w, common):
    """The gradient clipped to ±limit, scaled, and with weight decay. NaN stays NaN, so that divergence is seen."""
    scale, limit, decay, _ = common
    clipped = limit if g > limit else -limit if g < -limit else g
    return clipped * scale + decay * d * w


@register_jitable
def _shrunk(d, w, common):
    """The weight after decoupled weight decay."""
    return w * (np.float32(1) - common[3] * d)


@register_jitable
def _not_finite(values):
    """How many values are NaN or infinite."""
    bad = 0
    for i in range(values.shape[0]):
        bad += not abs(values[i]) <= LARGEST  # NaN compares false
    return bad


def _with_one_buffer(formula):
    """Kernel for a formula with one buffer. `common` is (scale, limit, L2 decay, decoupled decay times rate)."""
    f = register_jitable(formula)

    @kernel
    def step(weights, gradients, decays, buffer, common, scalars, threads):
        bad = 0
        for thread in numba.prange(threads):
            first, last = share(thread, threads, weights.shape[0])
            for start in range(first, last, CHUNK):
                stop = min(start + CHUNK, last)
                # Loops vectorise over slices that begin at 0, not over a range of the whole array.
                w, g, d, b = weights[start:stop], gradients[start:stop], decays[start:stop], buffer[start:stop]
                for i in range(stop - start):
                    slope = _slope(g[i], d[i], w[i], common)
                    w[i], b[i] = f(_shrunk(d[i], w[i], common), slope, b[i], scalars)
                bad += _not_finite(w)
        return bad

    return step


def _with_two_buffers(formula):
    """As `_with_one_buffer`, for a formula with two."""
    f = register_jitable(formula)

    @kernel
    def step(weights, gradients, decays, one, other, common, scalars, threads):
        bad = 0
        for thread in numba.prange(threads):
            first, last = share(thread, threads, weights.shape[0])
            for start in range(first, last, CHUNK):
                stop = min(start + CHUNK, last)
                w, g, d = weights[start:stop], gradients[start:stop], decays[start:stop]
                a, b = one[start:stop], other[start:stop]
                for i in range(stop - start):
                    slope = _slope(g[i], d[i], w[i], common)
                    w[i], a[i], b[i] = f(_shrunk(d[i], w[i], common), slope, a[i], b[i], scalars)
                bad += _not_finite(w)
        return bad

    return step


sgd = _with_one_buffer(scalar.sgd)
nesterov = _with_one_buffer(scalar.nesterov)
adagrad = _with_one_buffer(scalar.adagrad)
rmsprop = _with_two_buffers(scalar.rmsprop)
adadelta = _with_two_buffers(scalar.adadelta)
adam = _with_two_buffers(scalar.adam)


@kernel
def sum_squares(gradients, limit, sums, threads):
    """Squares of gradients clipped to ±limit, summed: row c of sums (chunks, LANES) float64 gets chunk c's.

    The rows do not depend on the number of threads, and no sum waits for the one before it.
    """
    for thread in numba.prange(threads):
        first, last = share(thread, threads, sums.shape[0])
        for chunk in range(first, last):
            values, lanes = gradients[chunk * CHUNK : (chunk + 1) * CHUNK], sums[chunk]
            for lane in range(LANES):
                lanes[lane] = 0.0
            whole = values.shape[0] // LANES
            for block in range(whole):
                part = values[block * LANES : (block + 1) * LANES]
                for lane in range(LANES):
                    clipped = np.float64(min(max(part[lane], -limit), limit))
                    lanes[lane] += clipped * clipped
            for i in range(whole * LANES, values.shape[0]):
                clipped = np.float64(min(max(values[i], -limit), limit))
                lanes[0] += clipped * clipped
