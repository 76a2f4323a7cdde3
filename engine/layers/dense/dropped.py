"""Dense products with weights dropped at random, for training DropConnect on the CPU.

Sample n takes weight (f, u) as zero where number (n · (features + 1) + f) · units + u of the layer's stream is below
the rate; biases count as those of one more feature. No mask is stored: every pass draws the same numbers again. That,
not the products, is what takes the time.
"""

import numba
import numpy as np

from ...kernels.elementwise import share
from ...kernels.jit import device, kernel, serial_kernel
from ...kernels.stream import stream_key, uniform
from .cpu import copy_turned


@serial_kernel
def turn(w, turned, features, units):
    """turned (units, features) = w (features, units)ᵀ."""
    copy_turned(w, 0, units, turned, features, units, features)


@device
def add_kept(values, factor, key, at, step, rate, total):
    """total += factor · values where number at + i · step of the stream is at least the rate."""
    if factor == 0:  # behind a ReLU half of them are
        return
    for i in range(len(total)):
        total[i] += factor * values[i] if uniform(key, at + i * step) >= rate else np.float32(0)


@kernel
def product(x, w, bias, has_bias, y, shape, steps, rate, scale, layer, state, threads):
    """y (batch, columns) = scale · (x (batch, reduction) · the kept of w (reduction, columns) + the kept of the bias).

    `shape` is (batch, reduction, columns), `steps` how far the stream goes on from one of each to the next.
    """
    (batch, reduction, columns), (sample_step, row_step, column_step) = shape, steps
    key = stream_key(state[1], state[2], layer)
    for thread in numba.prange(threads):
        first, last = share(thread, threads, batch)
        for sample in range(first, last):
            out = y[sample * columns : (sample + 1) * columns]
            out[:] = np.float32(0)
            at = sample * sample_step
            for row in range(reduction):
                factor = scale * x[sample * reduction + row]
                values = w[row * columns : (row + 1) * columns]
                add_kept(values, factor, key, at + row * row_step, column_step, rate, out)
            if has_bias:
                add_kept(bias, scale, key, at + reduction * row_step, column_step, rate, out)


@kernel
def weight_gradient(x, dy, dw, db, has_bias, batch, features, units, rate, scale, layer, state, threads):
    """dw (features, units) = scale · Σ x · dy over the samples that kept the weight; db likewise."""
    key = stream_key(state[1], state[2], layer)
    for thread in numba.prange(threads):
        first, last = share(thread, threads, features + 1 if has_bias else features)
        for feature in range(first, last):
            out = dw[feature * units : (feature + 1) * units] if feature < features else db
            out[:] = np.float32(0)
            for sample in range(batch):
                factor = scale * x[sample * features + feature] if feature < features else scale
                values = dy[sample * units : (sample + 1) * units]
                add_kept(values, factor, key, (sample * (features + 1) + feature) * units, 1, rate, out)
