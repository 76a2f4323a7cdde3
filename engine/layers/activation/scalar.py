"""Activation functions and their derivatives, each written once: f(x, p) and f'(v, p).

`p` is the layer's parameter (unused by most). `v` is the output y where the declaration keeps the output, else the
input x.
"""

import numpy as np

from ...kernels.exponential import exp, expm1


def leaky_relu(x, p):
    return x if x > 0 else p * x


def leaky_relu_derivative(x, p):
    return np.float32(1) if x > 0 else p


def tanh(x, p):
    """From e^(−2|x|) − 1, which keeps small values exact and never overflows."""
    e = expm1(np.float32(-2) * abs(x))
    y = -e / (e + np.float32(2))
    return y if x >= 0 else -y


def tanh_derivative(y, p):
    return np.float32(1) - y * y


def sigmoid(x, p):
    """Written so that the exponential never overflows."""
    e = exp(-abs(x))
    return (np.float32(1) if x >= 0 else e) / (np.float32(1) + e)


def sigmoid_derivative(y, p):
    return y * (np.float32(1) - y)


def relu(x, p):
    """NaN stays NaN, so that a broken run is noticed."""
    return np.float32(0) if x < 0 else x


def relu_passes(y, dy, rule):
    """Whether a gradient passes a ReLU: 0 plain where y > 0, 1 deconvnet where dy > 0, 2 guided where both are.

    Zeiler & Fergus 2013, §2.1; Springenberg et al. 2014, Figure 1.
    """
    return (rule == 1 or y > 0) and (rule == 0 or dy > 0)
