"""Kernels of a training step that belong to no layer: batch gathering, loss."""

import math

from ..kernels.jit import device, serial_kernel


@serial_kernel
def gather_pixels(images, rows, table, channels, out):
    """Look pixels of the images `rows` up: images (N, H·W·C) uint8, table (C·256,), out (n, H·W·C), both float32."""
    for i in range(rows.shape[0]):
        source, target = images[rows[i]], out[i]
        if channels == 1:  # a loop of its own, which vectorises
            for p in range(source.shape[0]):
                target[p] = table[source[p]]
        else:
            for p in range(source.shape[0] // channels):
                for c in range(channels):
                    target[p * channels + c] = table[256 * c + source[p * channels + c]]


@serial_kernel
def gather_values(images, rows, out):
    """out[i] = images[rows[i]]: images (N, P) and out (n, P) float32."""
    for i in range(rows.shape[0]):
        source, target = images[rows[i]], out[i]
        for p in range(source.shape[0]):
            target[p] = source[p]


@device
def _row_loss(scores, i, label, exponentials):
    """Fill `exponentials` with e^(score − largest); their sum, −log softmax[label], and the place of the largest.

    The label's score is read first, so `exponentials` may be `scores` itself.
    """
    best, largest, own = 0, scores[i, 0], scores[i, label]
    for j in range(1, scores.shape[1]):
        if scores[i, j] > largest:
            best, largest = j, scores[i, j]
    total = 0.0
    for j in range(scores.shape[1]):
        e = math.exp(scores[i, j] - largest)
        exponentials[j] = e
        total += e
    return total, math.log(total) - (own - largest), best


@serial_kernel
def cross_entropy_gradient(scores, labels, rows, gradient):
    """Mean softmax cross-entropy of scores (n, K) and how many are right; its gradient goes to `gradient` (n, K).

    Image i has the label labels[rows[i]]. The gradient is (softmax − one-hot) / n.
    """
    n = scores.shape[0]
    loss, correct = 0.0, 0
    for i in range(n):
        label = labels[rows[i]]
        total, row_loss, best = _row_loss(scores, i, label, gradient[i])
        loss += row_loss
        correct += best == label
        others = total - gradient[i, label]  # p − 1 = −(sum of the other p), without cancellation where p is near 1
        scale = 1.0 / (total * n)
        for j in range(scores.shape[1]):
            gradient[i, j] *= scale
        gradient[i, label] = -others * scale
    return loss / n, correct


@serial_kernel
def cross_entropy(scores, labels, rows, scratch):
    """Summed softmax cross-entropy of scores (n, K) and how many are right; `scratch` holds K values."""
    loss, correct = 0.0, 0
    for i in range(scores.shape[0]):
        label = labels[rows[i]]
        _, row_loss, best = _row_loss(scores, i, label, scratch)
        loss += row_loss
        correct += best == label
    return loss, correct
