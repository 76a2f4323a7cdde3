"""The second loss of a network that gives a box: taken at the box's own node, beside the loss of the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from .feed import Feed
from .localisation import Boxes, box_node, encoded
from .loss import L2, Loss, SmoothL1, with_gradient

if TYPE_CHECKING:
    from ..runtime.plan import Plan

WIDTH = 4
"""Numbers of a box."""

_BETA = 1 / 9
"""Where smooth L1 goes over into a line (Ren et al. 2015, Faster R-CNN, with σ = 3)."""


class BoxGoal:
    """What the box of a network is trained towards: `boxes` (N, 4), those of the images of a feed, in their pixels."""

    def __init__(self, network: Network, feed: Feed, boxes: Boxes) -> None:
        node, end = box_node(network), network[network.output].values()
        assert node is not None  # who makes a goal has looked
        self.node = node
        self._feed, self._boxes = feed, boxes
        self.loss: Loss = SmoothL1(_BETA) if end["loss"] == "smooth-l1" else L2()
        self.weight = float(end["weight"])
        self._size = network.input[:2]
        self._columns = (network.shapes()[node] or (WIDTH,))[0]

    def aim(self, rows: NDArray[np.int64]) -> tuple[Boxes, NDArray[np.int64]]:
        """What the node should say of the images `rows`: four numbers (n, 4), and their first column in its output.

        The column is −1 for a box that an augmentation has moved out of the image.
        """
        boxes, seen = self._feed.boxes(rows, self._boxes[rows])
        columns = WIDTH * self._feed.labels[rows] if self._columns > WIDTH else np.zeros(len(rows), np.int64)
        return encoded(boxes, *self._size), np.where(seen, columns, -1)

    def seed(self, plan: Plan, rows: NDArray[np.int64]) -> float:
        """The weighted mean loss of the images `rows`, which the plan has run; its gradient goes to the box's seed.

        Boxes that are out of the image count nothing. The caller holds `compute.exclusive`.
        """
        values, slopes = plan.value(self.node), plan.seed(self.node)
        slopes[...] = 0
        targets, columns = self.aim(rows)
        places = np.flatnonzero(columns >= 0)
        if not len(places):
            return 0.0
        cells = places[:, None], columns[places, None] + np.arange(WIDTH)
        outputs, gradient = np.ascontiguousarray(values[cells]), np.empty((len(places), WIDTH), np.float32)
        mean, _ = with_gradient(self.loss, outputs, targets[places], np.arange(len(places)), gradient)
        factor = self.weight * len(places) / len(rows)
        slopes[cells] = factor * gradient
        return factor * mean
