"""Kernels of losses: sums over a batch, and means with their gradients.

Targets are looked up by `rows`: image i of a batch has the target of rows[i]. In a batch that was mixed, `share` of the
target of image i is its own and the rest that of image n − 1 − i.
"""

import math

from numba.extending import register_jitable

from ...kernels.jit import device, serial_kernel
from . import scalar


@device
def _exponentials(scores, exponentials):
    """Fill `exponentials` with e^(score − largest); the largest, its place, their sum, and the sum of score − largest.

    `exponentials` may be `scores` itself.
    """
    best, largest = 0, scores[0]
    for j in range(1, scores.shape[0]):
        if scores[j] > largest:
            best, largest = j, scores[j]
    total, below = 0.0, 0.0
    for j in range(scores.shape[0]):
        difference = scores[j] - largest
        e = math.exp(difference)
        exponentials[j] = e
        total += e
        below += difference
    return largest, best, total, below


@serial_kernel
def cross_entropy_gradient(scores, labels, rows, share, smoothing, gradient):
    """Mean softmax cross-entropy of scores (n, K) and how many are right; its gradient goes to `gradient` (n, K).

    The target is (1 − smoothing)·(share·one-hot + (1 − share)·the other's one-hot) + smoothing/K, the gradient
    (softmax − target) / n. An image is right if the class with the larger share is found. `gradient` may be `scores`,
    whose rows are read before they are written.
    """
    n, classes = scores.shape
    even, sharp = smoothing / classes, 1 - smoothing
    loss, correct = 0.0, 0
    for i in range(n):
        label, other = labels[rows[i]], labels[rows[n - 1 - i]]
        score, other_score = scores[i, label], scores[i, other]
        largest, best, total, below = _exponentials(scores[i], gradient[i])
        own = share * (score - largest) + (1 - share) * (other_score - largest) if share < 1 else score - largest
        loss += math.log(total) - sharp * own - even * below
        correct += best == (label if share >= 0.5 else other)
        # p − 1 = −(sum of the other p): without cancellation where p is near 1
        others = total - gradient[i, label]
        scale = 1.0 / (total * n)
        for j in range(classes):
            gradient[i, j] = gradient[i, j] * scale - even / n
        gradient[i, label] = -others * scale + (1 - (sharp * share + even)) / n
        if share < 1:
            gradient[i, other] -= sharp * (1 - share) / n
    return loss / n, correct


@serial_kernel
def cross_entropy(scores, labels, rows, parameter, scratch):
    """Summed softmax cross-entropy of scores (n, K) and how many are right; `scratch` holds K values."""
    loss, correct = 0.0, 0
    for i in range(scores.shape[0]):
        label = labels[rows[i]]
        own = scores[i, label]
        largest, best, total, _ = _exponentials(scores[i], scratch)
        loss += math.log(total) - (own - largest)
        correct += best == label
    return loss, correct


def _with_gradient(formula):
    """Kernel: mean of the rule over outputs (n, D) − targets (N, D); its gradient (n, D) may be `outputs` itself."""
    rule = register_jitable(formula)

    @serial_kernel
    def value_gradient(outputs, targets, rows, share, parameter, gradient):
        n, width = outputs.shape
        loss = 0.0
        for i in range(n):
            own, other = targets[rows[i]], targets[rows[n - 1 - i]]
            for j in range(width):
                target = share * own[j] + (1 - share) * other[j]
                value, slope = rule(outputs[i, j] - target, parameter)
                loss += value
                gradient[i, j] = slope / (n * width)
        return loss / (n * width), 0

    return value_gradient


def _summed(formula):
    """Kernel: the mean of the rule over the D values of each image, summed over the images."""
    rule = register_jitable(formula)

    @serial_kernel
    def value_sum(outputs, targets, rows, parameter, scratch):
        n, width = outputs.shape
        loss = 0.0
        for i in range(n):
            for j in range(width):
                loss += rule(outputs[i, j] - targets[rows[i], j], parameter)[0]
        return loss / width, 0

    return value_sum


squares_gradient, squares = _with_gradient(scalar.square), _summed(scalar.square)
smooth_l1_gradient, smooth_l1 = _with_gradient(scalar.smooth), _summed(scalar.smooth)
