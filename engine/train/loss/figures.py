"""Losses of batches with their gradients, and sums over a split."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import cpu
from .base import CrossEntropy, Loss

Targets = NDArray[Any]
"""Classes (N,) int64, or values (N, D) float32."""


def with_gradient(
    loss: Loss,
    outputs: NDArray[np.float32],
    targets: Targets,
    rows: NDArray[np.int64],
    gradient: NDArray[np.float32],
    share: float = 1.0,
) -> tuple[float, int]:
    """Mean loss of outputs (n, K), number correct; d loss / d outputs goes to `gradient` (n, K).

    Image i of the batch has the target `targets[rows[i]]`; with a `share` below 1 that is its share, and the rest is
    the target of image n − 1 − i, with which it was mixed. The caller holds `compute.exclusive`.
    """
    kernel = getattr(cpu, f"{loss.kernel}_gradient")
    mean, correct = kernel(outputs, targets, rows, share, loss.parameter, gradient)
    return float(mean), int(correct)


class Tally:
    """Sums of loss and hits over batches, in float64, so that the mean does not depend on how images are batched."""

    def __init__(self, classes: int, loss: Loss | None = None) -> None:
        self.loss_sum = 0.0
        self.correct = 0
        self.images = 0
        self.seconds = 0.0
        """Time the caller took for them."""
        self._declared = loss or CrossEntropy()
        self._kernel = getattr(cpu, self._declared.kernel)
        self._scratch = np.empty(classes, np.float32)

    def add(self, outputs: NDArray[np.float32], targets: Targets, rows: NDArray[np.int64]) -> None:
        """Count a batch of outputs (n, K). The caller holds `compute.exclusive`."""
        loss, correct = self._kernel(outputs, targets, rows, self._declared.parameter, self._scratch)
        self.loss_sum += float(loss)
        self.correct += int(correct)
        self.images += len(outputs)

    @property
    def loss(self) -> float:
        return self.loss_sum / self.images if self.images else math.nan

    @property
    def accuracy(self) -> float:
        """Share of the images that were right; NaN without images, and where targets are values."""
        return self.correct / self.images if self.images and not self._declared.for_values else math.nan
