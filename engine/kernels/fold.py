"""Folding fixed batch norm into the weights before it."""

import math

import numpy as np

from .jit import serial_kernel


@serial_kernel
def fold(w, folded, bias, has_bias, scale, shift, mean, variance, epsilon):
    """w (rows, outputs) times scale/√(variance + epsilon), and behind it the bias that goes with it."""
    outputs = scale.size
    rows = w.size // outputs
    factors = folded[rows * outputs : (rows + 1) * outputs]  # turned into biases when the rows are done
    for k in range(outputs):
        factors[k] = np.float32(scale[k] / math.sqrt(variance[k] + epsilon))
    for row in range(rows):
        values, out = w[row * outputs : (row + 1) * outputs], folded[row * outputs : (row + 1) * outputs]
        for k in range(outputs):
            out[k] = values[k] * factors[k]
    for k in range(outputs):
        own = bias[k] if has_bias else np.float32(0)
        factors[k] = (own - mean[k]) * factors[k] + shift[k]
