"""Softmax cross-entropy, taken at a network's class scores."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..graph import INPUT, Network
from . import cpu


def score_node(network: Network) -> str:
    """The node that holds the class scores (logits): the output, or what it reads where it is a Softmax.

    Loss and gradient are taken before the Softmax: log(e^x / Σe^x) is exact there, and the gradient is p − one-hot.
    """
    node = network.nodes[network.output]
    ends_in_softmax = node.layer.type_name() == "Softmax" and node.inputs[0] != INPUT
    return node.inputs[0] if ends_in_softmax else node.name


def with_gradient(
    scores: NDArray[np.float32], labels: NDArray[np.int64], rows: NDArray[np.int64], gradient: NDArray[np.float32]
) -> tuple[float, int]:
    """Mean loss of scores (n, K), number correct; d loss / d scores goes to `gradient` (n, K).

    Image i of the batch has the label `labels[rows[i]]`. The caller holds `compute.exclusive`.
    """
    loss, correct = cpu.cross_entropy_gradient(scores, labels, rows, gradient)
    return float(loss), int(correct)


class Tally:
    """Sums of loss and hits over batches, in float64, so that the mean does not depend on how images are batched."""

    def __init__(self, classes: int) -> None:
        self.loss_sum = 0.0
        self.correct = 0
        self.images = 0
        self.seconds = 0.0
        """Time the caller took for them."""
        self._scratch = np.empty(classes, np.float32)

    def add(self, scores: NDArray[np.float32], labels: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Count a batch of scores (n, K). The caller holds `compute.exclusive`."""
        loss, correct = cpu.cross_entropy(scores, labels, rows, self._scratch)
        self.loss_sum += float(loss)
        self.correct += int(correct)
        self.images += len(scores)

    @property
    def loss(self) -> float:
        return self.loss_sum / self.images if self.images else math.nan

    @property
    def accuracy(self) -> float:
        return self.correct / self.images if self.images else math.nan
