"""Losses on the GPU with their gradients: a block an image; see cpu.py.

Every image's share of the mean is written to a place of its own, and added up by a last kernel in an order that is
always the same. What a step found is an array of five numbers in the GPU's memory:

    FIGURES[LOSS]     mean loss of the batch
    FIGURES[CORRECT]  how many images were right
    FIGURES[HALTED]   1 from the first step on whose loss was not finite, or that came after one that left such weights
    FIGURES[BAD]      weights that the optimiser's step left not finite
    FIGURES[PLACE]    1 + the last place in the flat gradients with one that is not finite; 0 for none

The optimiser's kernels change nothing once the steps have halted: so the host may begin steps before it has read what
became of those before.
"""

import math

import numpy as np
from numba import float32, float64

from ...kernels.cuda_jit import REDUCERS, cuda, device, kernel
from ...kernels.cuda_sums import block_max, block_sum
from .scalar import smooth, square

LOSS, CORRECT, HALTED, BAD, PLACE = range(5)
FIGURES = 5
SHARE, PARAMETER, WEIGHT = range(3)
AIM = 3
"""Numbers of a goal: the images' own share of their target, the loss's parameter, and its weight."""

LARGEST = np.finfo(np.float64).max


def of_images(given):
    """One block for each image."""
    return (given["count"],), REDUCERS


@kernel(of_images)
def cross_entropy_gradient(scores, targets, aim, gradient, losses, hits, count, classes):
    """losses[i] = image i's part of the mean softmax cross-entropy of scores (count, classes), hits[i] = 1 if right.

    Its gradient goes to `gradient`, which may be `scores`. Targets: see cpu.py; those of the batch, (count,) int64.
    """
    shared = cuda.shared.array(REDUCERS, float64)
    i, lane = cuda.blockIdx.x, cuda.threadIdx.x
    base, label, other = i * classes, targets[i], targets[count - 1 - i]
    share, smoothing = aim[SHARE], aim[PARAMETER]
    score, other_score = float64(scores[base + label]), float64(scores[base + other])
    largest = -np.inf
    for j in range(lane, classes, REDUCERS):
        if scores[base + j] > largest:
            largest = float64(scores[base + j])
    largest = block_max(shared, lane, largest)
    before = -float64(classes)  # minus the place of the first score that large
    for j in range(lane, classes, REDUCERS):
        if scores[base + j] == largest:
            before = max(before, -float64(j))
    best = -block_max(shared, lane, before)
    total, below = 0.0, 0.0
    for j in range(lane, classes, REDUCERS):
        difference = scores[base + j] - largest
        e = float32(math.exp(float32(difference)))
        gradient[base + j] = e
        total += e
        below += difference
    total, below = block_sum(shared, lane, total), block_sum(shared, lane, below)
    even, sharp, scale = smoothing / classes, 1 - smoothing, 1.0 / (total * count)
    for j in range(lane, classes, REDUCERS):
        e = float64(gradient[base + j])
        slope = e * scale - even / count
        if j == label:  # p − 1 = −(sum of the other p): without cancellation where p is near 1
            slope = -(total - e) * scale + (1 - (sharp * share + even)) / count
        if share < 1 and j == other:
            slope -= sharp * (1 - share) / count
        gradient[base + j] = float32(slope)
    if lane == 0:
        own = score - largest
        if share < 1:
            own = share * own + (1 - share) * (other_score - largest)
        losses[i] = (math.log(total) - sharp * own - even * below) / count
        right = label if share >= 0.5 else other
        hits[i] = 1.0 if best == right else 0.0


def _value_gradient(rule):
    """Kernel for a rule of values: see cpu.py."""
    f = device(rule)

    @kernel(of_images)
    def value_gradient(outputs, targets, firsts, aim, gradient, losses, count, width, outputs_width):
        """losses[i] = image i's part of the mean, over count · width values, of the rule, times the goal's weight.

        Of the outputs (count, outputs_width) those from column firsts[i] on are compared with targets (count, width),
        none where that is negative. The gradient, zero elsewhere, goes to `gradient`, which may be `outputs`.
        """
        shared = cuda.shared.array(REDUCERS, float64)
        i, lane = cuda.blockIdx.x, cuda.threadIdx.x
        first, share, parameter = firsts[i], aim[SHARE], aim[PARAMETER]
        scale, total = aim[WEIGHT] / (count * width), 0.0
        for j in range(lane, outputs_width, REDUCERS):
            slope = 0.0
            if first >= 0 and first <= j < first + width:
                own = float64(targets[i * width + j - first])
                mixed = share * own + (1 - share) * targets[(count - 1 - i) * width + j - first]
                value, slope = f(outputs[i * outputs_width + j] - mixed, parameter)
                total += value
            gradient[i * outputs_width + j] = float32(slope * scale)
        total = block_sum(shared, lane, total)
        if lane == 0:
            losses[i] = total * scale

    return value_gradient


squares_gradient, smooth_l1_gradient = _value_gradient(square), _value_gradient(smooth)


def of_one_block(given):
    """One block."""
    return (1,), REDUCERS


@kernel(of_one_block)
def judge(losses, entries, hits, count, figures):
    """Sum up the losses (entries,) and hits (count,) of a step, and halt where it cannot go on."""
    shared = cuda.shared.array(REDUCERS, float64)
    lane, total, correct = cuda.threadIdx.x, 0.0, 0.0
    for i in range(lane, entries, REDUCERS):
        total += losses[i]
    for i in range(lane, count, REDUCERS):
        correct += hits[i]
    total, correct = block_sum(shared, lane, total), block_sum(shared, lane, correct)
    if lane == 0:
        figures[LOSS], figures[CORRECT] = total, correct
        if not abs(total) <= LARGEST or figures[BAD] > 0:  # NaN compares false
            figures[HALTED] = 1.0
        if figures[HALTED] == 0.0:
            figures[PLACE] = 0.0
