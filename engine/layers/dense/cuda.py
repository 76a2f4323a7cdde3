"""Dense products with weights dropped at random, for training DropConnect on the GPU; see dropped.py.

Plain dense products are sliding products of one tap (kernels/cuda_slide.py). Here every pass draws the numbers that
dropped.py draws: one thread a result.
"""

import numpy as np

from ...kernels.cuda_jit import BLOCK, cuda, kernel
from ...kernels.stream import stream_key, uniform


def of_results(given):
    """One thread for each of (batch, columns)."""
    return (-(-given["batch"] * given["columns"] // BLOCK),), BLOCK


@kernel(of_results)
def product(
    x, w, reduction_step, column_step, bias, has_bias, y, batch, reduction, columns, of_sample, row_step, stream_step,
    rate, scale, layer, state,
):  # fmt: skip
    """y (batch, columns) = scale · (x (batch, reduction) · the kept of w + the kept of the bias).

    w is read at `reduction_step` and `column_step`; the stream goes on by `of_sample`, `row_step` and `stream_step`
    from one sample, row and column to the next.
    """
    i = cuda.grid(1)
    if i < batch * columns:
        sample, column = i // columns, i % columns
        key = stream_key(state[1], state[2], layer)
        at, total = sample * of_sample + column * stream_step, np.float32(0)
        for row in range(reduction):
            if uniform(key, at + row * row_step) >= rate:
                total += x[sample * reduction + row] * w[row * reduction_step + column * column_step]
        if has_bias and uniform(key, at + reduction * row_step) >= rate:
            total += bias[column]
        y[i] = total * scale


def of_weights(given):
    """One thread for each weight, and for each bias behind them."""
    return (-(-(given["features"] + 1) * given["units"] // BLOCK),), BLOCK


@kernel(of_weights)
def weight_gradient(x, dy, dw, db, has_bias, batch, features, units, rate, scale, layer, state):
    """dw (features, units) = scale · Σ x · dy over the samples that kept the weight; db likewise."""
    i = cuda.grid(1)
    if i < features * units or (has_bias and i < (features + 1) * units):
        feature, unit = i // units, i % units
        key, total = stream_key(state[1], state[2], layer), np.float32(0)
        for sample in range(batch):
            if uniform(key, sample * (features + 1) * units + i) >= rate:
                value = x[sample * features + feature] if feature < features else np.float32(1)
                total += value * dy[sample * units + unit]
        if feature < features:
            dw[i] = total * scale
        else:
            db[unit] = total * scale
