"""Weights rearranged on the GPU: batch norm folded into them, and turned for the gradient of the input."""

import math

import numpy as np

from .cuda_jit import BLOCK, cuda, kernel


def of_folded(given):
    """One thread for each weight, and one for each bias behind them."""
    return (-(-(given["w"].size + given["scale"].size) // BLOCK),), BLOCK


@kernel(of_folded)
def fold(w, folded, bias, has_bias, scale, shift, mean, variance, epsilon):
    """w (rows, outputs) times scale/√(variance + epsilon), and behind it the bias that goes with it."""
    i, outputs = cuda.grid(1), scale.size
    if i < w.size + outputs:
        k = i % outputs
        factor = np.float32(scale[k] / math.sqrt(variance[k] + epsilon))
        if i < w.size:
            folded[i] = w[i] * factor
        else:
            own = bias[k] if has_bias else np.float32(0)
            folded[i] = (own - mean[k]) * factor + shift[k]


def of_weights(given):
    """One thread for each weight."""
    return (-(-given["w"].size // BLOCK),), BLOCK


@kernel(of_weights)
def turn(w, turned, own_channels, filters, groups):
    """turned (taps, filters of a group, channels) = w (taps, channels of a group, filters)."""
    i = cuda.grid(1)
    if i < w.size:
        own_filters, channels = filters // groups, own_channels * groups
        column, line = i % channels, i // channels
        tap, j = line // own_filters, line % own_filters
        k = column // own_channels * own_filters + j
        turned[i] = w[(tap * own_channels + column % own_channels) * filters + k]
