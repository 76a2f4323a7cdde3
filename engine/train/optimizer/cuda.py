"""Optimisers' steps on the GPU, one kernel for each formula, and the gradient's norm; see cpu.py.

A thread a weight. The step's numbers lie in the GPU's memory: (scale, limit, L2 decay, decoupled decay times rate) and
behind them the formula's own, so that a launch is the same for every step. What a step leaves is noted in the figures
of loss/cuda.py; once they say that the steps have halted, nothing is changed any more.
"""

import math

import numpy as np
from numba import float64

from ...kernels.cuda_jit import BLOCK, REDUCERS, WARP, cuda, device, kernel
from ...kernels.cuda_sums import block_sum
from ..loss.cuda import BAD, HALTED, PLACE
from . import scalar

F = np.float32
LARGEST = np.finfo(np.float32).max
COMMON = 4
"""How many numbers come before the formula's own."""


def of_part(given):
    """One thread for each weight of a part."""
    count = given["last"] - given["first"]
    return (max(-(-count // BLOCK), 1),), min(BLOCK, max(-(-count // WARP) * WARP, WARP))


@device
def slope(g, d, w, scale, limit, decay):
    """The gradient clipped to ±limit, scaled, and with weight decay. NaN stays NaN, so that divergence is seen."""
    clipped = limit if g > limit else -limit if g < -limit else g
    return clipped * scale + decay * d * w


@device
def two(numbers):
    """A formula's numbers."""
    return numbers[4], numbers[5]


@device
def four(numbers):
    return numbers[4], numbers[5], numbers[6], numbers[7]


@device
def five(numbers):
    return numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]


@device
def seven(numbers):
    return numbers[4], numbers[5], numbers[6], numbers[7], numbers[8], numbers[9], numbers[10]


@device
def note(figures, g, w, i):
    """Count the weight i if it is not finite, and note where the last gradient is that is not."""
    if not abs(g) <= LARGEST:  # NaN compares false
        cuda.atomic.max(figures, PLACE, float64(i + 1))
    if not abs(w) <= LARGEST:
        cuda.atomic.add(figures, BAD, 1.0)


def _with_one_buffer(formula, own):
    """Kernel for a formula with one buffer, whose numbers `own` reads."""
    f = device(formula)

    @kernel(of_part)
    def step_of_one(weights, gradients, decays, buffer, numbers, first, last, figures):
        i = first + cuda.grid(1)
        if i < last and figures[HALTED] == 0.0:
            d, w = decays[i], weights[i]
            change = slope(gradients[i], d, w, numbers[0], numbers[1], numbers[2])
            w, buffer[i] = f(w * (F(1) - numbers[3] * d), change, buffer[i], own(numbers))
            weights[i] = w
            note(figures, gradients[i], w, i)

    return step_of_one


def _with_two_buffers(formula, own):
    """As `_with_one_buffer`, for a formula with two."""
    f = device(formula)

    @kernel(of_part)
    def step_of_two(weights, gradients, decays, one, other, numbers, first, last, figures):
        i = first + cuda.grid(1)
        if i < last and figures[HALTED] == 0.0:
            d, w = decays[i], weights[i]
            change = slope(gradients[i], d, w, numbers[0], numbers[1], numbers[2])
            w, one[i], other[i] = f(w * (F(1) - numbers[3] * d), change, one[i], other[i], own(numbers))
            weights[i] = w
            note(figures, gradients[i], w, i)

    return step_of_two


sgd = _with_one_buffer(scalar.sgd, two)
nesterov = _with_one_buffer(scalar.nesterov, two)
adagrad = _with_one_buffer(scalar.adagrad, two)
rmsprop = _with_two_buffers(scalar.rmsprop, five)
adadelta = _with_two_buffers(scalar.adadelta, four)
adam = _with_two_buffers(scalar.adam, seven)


def of_workers(given):
    """One block a worker."""
    return (given["workers"],), REDUCERS


@kernel(of_workers)
def sum_squares(gradients, numbers, first, last, sums, workers):
    """sums[w] = the worker's share of the squares of gradients clipped to ±numbers[1], in float64."""
    shared = cuda.shared.array(REDUCERS, float64)
    thread, limit, total = cuda.threadIdx.x, numbers[1], 0.0
    for i in range(first + cuda.blockIdx.x * REDUCERS + thread, last, workers * REDUCERS):
        g = gradients[i]
        clipped = float64(limit if g > limit else -limit if g < -limit else g)
        total += clipped * clipped
    total = block_sum(shared, thread, total)
    if thread == 0:
        sums[cuda.blockIdx.x] = total


def of_one_thread(given):
    """One thread."""
    return (1,), 1


@kernel(of_one_thread)
def shorten(sums, count, numbers, tiny):
    """numbers[0], the most that the gradient's norm may be, becomes the factor that shortens it: 1 if it need not be.

    The `sums` (count,) of squares are added up in their order. A norm that is no number shortens nothing.
    """
    total = 0.0
    for i in range(count):
        total += sums[i]
    scale = numbers[0] / (math.sqrt(total) + tiny)
    numbers[0] = F(scale) if scale < 1 else F(1)
