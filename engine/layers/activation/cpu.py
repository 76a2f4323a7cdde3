"""Activation kernels on the CPU."""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels import elementwise
from ...kernels.elementwise import share
from ...kernels.exponential import exp
from ...kernels.jit import kernel
from . import scalar
from .scalar import WITH_DERIVATIVE

FORWARD = {name: elementwise.forward(getattr(scalar, name)) for name in ("step", "relu", *WITH_DERIVATIVE)}
BACKWARD = {name: elementwise.backward(getattr(scalar, f"{name}_derivative")) for name in WITH_DERIVATIVE}

number = np.float32
BLOCK_ROWS = 256  # few enough to be added in float32
relu_passes = register_jitable(scalar.relu_passes)


@kernel
def relu_backward(y, dy, dx, count, state, threads):
    """dx = dy where the rule in state[0] lets it pass, else 0."""
    rule = state[0]
    for thread in numba.prange(threads):
        first, last = share(thread, threads, count)
        values, gradient, out = y[first:last], dy[first:last], dx[first:last]
        if rule == 0:
            for i in range(last - first):
                out[i] = gradient[i] if values[i] > 0 else np.float32(0)
        else:
            for i in range(last - first):
                out[i] = gradient[i] if relu_passes(values[i], gradient[i], rule) else np.float32(0)


@kernel
def prelu_forward(x, slopes, y, rows, channels, threads):
    """y = x where positive, elsewhere times the channel's slope."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, rows)
        for row in range(first, last):
            values, out = x[row * channels : (row + 1) * channels], y[row * channels : (row + 1) * channels]
            for c in range(channels):
                # without a branch, which would be taken at random
                out[c] = max(values[c], np.float32(0)) + slopes[c] * min(values[c], np.float32(0))


@kernel
def prelu_backward(x, dy, slopes, dx, rows, channels, threads):
    """dx = dy where x is positive, elsewhere times the channel's slope."""
    for thread in numba.prange(threads):
        first, last = share(thread, threads, rows)
        for row in range(first, last):
            at, end = row * channels, (row + 1) * channels
            values, gradient, out = x[at:end], dy[at:end], dx[at:end]
            for c in range(channels):
                passes = np.float32(values[c] > 0)
                out[c] = (passes + (np.float32(1) - passes) * slopes[c]) * gradient[c]


@kernel
def prelu_weight_gradient(x, dy, dslopes, rows, channels, sums, block, threads):
    """dslopes = Σ dy · min(x, 0) over rows: a block of rows in float32, blocks and threads in float64, in order.

    `sums` and `block` hold threads · channels values.
    """
    blocks = (rows + BLOCK_ROWS - 1) // BLOCK_ROWS
    for thread in numba.prange(threads):
        own = sums[thread * channels : (thread + 1) * channels]
        part = block[thread * channels : (thread + 1) * channels]
        own[:] = 0.0
        first, last = share(thread, threads, blocks)
        for start in range(first * BLOCK_ROWS, min(last * BLOCK_ROWS, rows), BLOCK_ROWS):
            part[:] = np.float32(0)
            for row in range(start, min(start + BLOCK_ROWS, rows)):
                values, gradient = x[row * channels : (row + 1) * channels], dy[row * channels : (row + 1) * channels]
                for c in range(channels):
                    part[c] += gradient[c] * min(values[c], np.float32(0))
            for c in range(channels):
                own[c] += part[c]
    for c in range(channels):
        total = 0.0
        for thread in range(threads):
            total += sums[thread * channels + c]
        dslopes[c] = np.float32(total)


@kernel
def softmax_forward(x, y, rows, columns, threads):
    """Each row of `columns` values to e^(x−max) / Σ e^(x−max)."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            values, out = x[row * columns : (row + 1) * columns], y[row * columns : (row + 1) * columns]
            top = values[0]
            for i in range(1, columns):
                top = max(top, values[i])
            for i in range(columns):
                out[i] = exp(values[i] - top)
            total = 0.0
            for i in range(columns):
                total += out[i]
            scale = np.float32(1.0 / total)
            for i in range(columns):
                out[i] *= scale


@kernel
def softmax_backward(y, dy, dx, rows, columns, threads):
    """dx_i = y_i (dy_i − Σ_j y_j dy_j) in each row."""
    for thread in numba.prange(threads):
        for row in range(thread * rows // threads, (thread + 1) * rows // threads):
            at = row * columns
            dot = 0.0
            for i in range(columns):
                dot += y[at + i] * dy[at + i]
            shift = np.float32(dot)
            for i in range(columns):
                dx[at + i] = y[at + i] * (dy[at + i] - shift)
