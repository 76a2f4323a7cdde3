"""The second loss of a network that gives a box: taken at the box's own node, beside the loss of the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from .feed import Feed
from .localisation import Boxes, box_node, encoded, of_class
from .loss import L2, Loss, SmoothL1, with_gradient

if TYPE_CHECKING:
    from ..runtime.plan import Plan

_BETA = 1 / 9
"""Where smooth L1 goes over into a line (Ren et al. 2015, Faster R-CNN, with σ = 3)."""


class BoxGoal:
    """What the box of a network is trained towards: `boxes` (N, 4), those of the images of a feed, in their pixels."""

    def __init__(self, network: Network, feed: Feed, boxes: Boxes) -> None:
        node, end = box_node(network), network[network.output].values()
        assert node is not None  # who makes a goal has looked
        self.node = node
        self._feed, self._boxes = feed, boxes
        self._loss: Loss = SmoothL1(_BETA) if end["loss"] == "smooth-l1" else L2()
        self._weight = float(end["weight"])
        self._size = network.input[:2]

    def seed(self, plan: Plan, rows: NDArray[np.int64]) -> float:
        """The weighted mean loss of the images `rows`, which the plan has run; its gradient goes to the box's seed.

        Boxes that an augmentation has moved out of the image count nothing. The caller holds `compute.exclusive`.
        """
        values, slopes = plan.value(self.node), plan.seed(self.node)
        slopes[...] = 0
        boxes, seen = self._feed.boxes(rows, self._boxes[rows])
        places = np.flatnonzero(seen)
        if not len(places):
            return 0.0
        labels = self._feed.labels[rows]
        outputs, gradient = (
            np.ascontiguousarray(of_class(values, labels)[places]),
            np.empty((len(places), 4), np.float32),
        )
        targets = encoded(boxes[places], *self._size)
        mean, _ = with_gradient(self._loss, outputs, targets, np.arange(len(places)), gradient)
        factor = self._weight * len(places) / len(rows)
        first = np.zeros(len(places), np.int64) if values.shape[1] == 4 else 4 * labels[places]
        slopes[places[:, None], first[:, None] + np.arange(4)] = factor * gradient
        return factor * mean
