"""Activation functions and their derivatives, each written once: f(x, p) and f'(v, p).

`p` is the layer's parameter (unused by most). `v` is the output y where the declaration keeps the output, else the
input x. NaN stays NaN, so that a broken run is noticed.
"""

import math

import numpy as np
from numba.extending import register_jitable

from ...kernels.exponential import exp, expm1

WITH_DERIVATIVE = (
    "clipped_relu",
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
"""Formulas with a derivative; those of a step and of a ReLU are not worked out."""

F = np.float32
_SIXTH = F(1 / 6)
_TAIL = tuple(F(a / 2) for a in (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429))
_TAIL_SCALE = F(0.3275911 / math.sqrt(2))
_DENSITY = F(1 / math.sqrt(2 * math.pi))
_BEND, _CUBE = F(2 * math.sqrt(2 / math.pi)), F(0.044715)


@register_jitable
def logistic(x):
    """1/(1 + e^(−x)), written so that the exponential never overflows."""
    e = exp(-abs(x))
    return (F(1) if x >= 0 else e) / (F(1) + e)


@register_jitable
def normal(x):
    """The standard normal distribution up to x, and e^(−x²/2).

    Its tail is e^(−x²/2) times a polynomial, within 8e-8 (Abramowitz & Stegun 1964, 7.1.26).
    """
    e = exp(F(-0.5) * x * x)
    t = F(1) / (F(1) + _TAIL_SCALE * abs(x))
    tail = e * t * (_TAIL[0] + t * (_TAIL[1] + t * (_TAIL[2] + t * (_TAIL[3] + t * _TAIL[4]))))
    return F(1) - tail if x >= 0 else tail, e


def step(x, p):
    return F(1) if x > 0 else (F(0) if x <= 0 else x)


def relu(x, p):
    return F(0) if x < 0 else x


def relu_passes(y, dy, rule):
    """Whether a gradient passes a ReLU: 0 plain where y > 0, 1 deconvnet where dy > 0, 2 guided where both are.

    Zeiler & Fergus 2013, §2.1; Springenberg et al. 2014, Figure 1.
    """
    return (rule == 1 or y > 0) and (rule == 0 or dy > 0)


def clipped_relu(x, p):
    return F(0) if x < 0 else (p if x > p else x)


def clipped_relu_derivative(y, p):
    return F(1) if (y > 0) & (y < p) else F(0)


def leaky_relu(x, p):
    return x if x > 0 else p * x


def leaky_relu_derivative(x, p):
    return F(1) if x > 0 else p


def elu(x, p):
    return x if x > 0 else p * expm1(x)


def elu_derivative(y, p):
    return F(1) if y > 0 else y + p


def tanh(x, p):
    """From e^(−2|x|) − 1, which keeps small values exact and never overflows."""
    e = expm1(F(-2) * abs(x))
    y = -e / (e + F(2))
    return y if x >= 0 else -y


def tanh_derivative(y, p):
    return F(1) - y * y


def sigmoid(x, p):
    return logistic(x)


def sigmoid_derivative(y, p):
    return y * (F(1) - y)


@register_jitable
def hard_sigmoid(x, p):
    y = (x + F(3)) * _SIXTH
    return F(0) if y < 0 else (F(1) if y > 1 else y)


def hard_sigmoid_derivative(y, p):
    return _SIXTH if (y > 0) & (y < 1) else F(0)


def swish(x, p):
    return x * logistic(p * x)


def swish_derivative(x, p):
    s = logistic(p * x)
    return s + p * x * s * (F(1) - s)


def hard_swish(x, p):
    return x * hard_sigmoid(x, p)


def hard_swish_derivative(x, p):
    slope = (x + x + F(3)) * _SIXTH
    return F(0) if x <= -3 else (F(1) if x >= 3 else slope)


def gelu(x, p):
    return x * normal(x)[0]


def gelu_derivative(x, p):
    share, e = normal(x)
    return share + x * e * _DENSITY


def gelu_tanh(x, p):
    """x·(1 + tanh u)/2, which is x·logistic(2u), with u = √(2/π)·(x + 0.044715 x³)."""
    return x * logistic(_BEND * (x + _CUBE * x * x * x))


def gelu_tanh_derivative(x, p):
    s = logistic(_BEND * (x + _CUBE * x * x * x))
    return s + x * s * (F(1) - s) * _BEND * (F(1) + F(3) * _CUBE * x * x)
