"""Activation kernels on the CPU."""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels import elementwise
from ...kernels.elementwise import share
from ...kernels.exponential import exp
from ...kernels.jit import kernel
from . import scalar

_WITH_DERIVATIVE = (
    "leaky_relu",
    "elu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "swish",
    "hard_swish",
    "gelu",
    "gelu_tanh",
)
FORWARD = {name: elementwise.forward(getattr(scalar, name)) for name in ("step", "relu", *_WITH_DERIVATIVE)}
BACKWARD = {name: elementwise.backward(getattr(scalar, f"{name}_derivative")) for name in _WITH_DERIVATIVE}

number = np.float32
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
