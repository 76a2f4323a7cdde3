"""One optimiser step, and the scores of a split: the two things a run asks of a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..graph.scores import score_node
from ..runtime.backend import variant
from ..runtime.companions import Companions
from ..runtime.compute import exclusive
from . import cpu, loss
from . import optimizer as optimizers
from .feed import Feed
from .localisation import Boxes, box_node
from .localisation_step import BoxGoal
from .loss import CrossEntropy, Loss
from .optimizer import Optimizer

if TYPE_CHECKING:
    from ..runtime.model import Model

EVALUATION_BATCH = 128


class DivergedError(ArithmeticError):
    """Loss or weights stopped being finite numbers; the text says which."""


class Stepper:
    """Trains a model on batches of a split. `buffers` holds the optimiser's arrays, one value a trainable weight.

    With `boxes`, those of the feed's images, the second head of a network that has one learns too.
    """

    def __init__(
        self,
        model: Model,
        feed: Feed,
        optimizer: Optimizer,
        buffers: Companions,
        objective: Loss | None = None,
        boxes: Boxes | None = None,
    ) -> None:
        self._model = model
        self._loss = objective or CrossEntropy()
        self._feed = feed
        self._node, self._keep = scores(model.network)
        has_box = box_node(model.network) is not None
        self._goal = BoxGoal(model.network, feed, boxes) if boxes is not None and has_box else None
        self._ends = (self._node, self._goal.node) if self._goal else (self._node,)
        self._update = variant(optimizers.__name__, "update", model.device).update(model, optimizer, buffers)

    def prepare(self, batch: int) -> None:
        """Make the plan for this batch size; ConvscopeError if it does not fit into memory."""
        with exclusive:
            self._model.plan(batch, "training", self._keep)

    def step(
        self, rows: NDArray[np.int64], number: int, optimizer: Optimizer, rate: float, share: float = 1.0
    ) -> tuple[float, int]:
        """One step on the images `rows` at a learning rate; mean loss before it and how many were right.

        With a `share` below 1 each image is mixed with another: that much of it, and the rest of the other.
        `number` is the global step, the first being 0, which seeds dropout. DivergedError, with the weights as they
        were, if the loss is not finite; also if the step itself leaves weights that are not.
        """
        model = self._model
        with exclusive:
            plan = model.plan(len(rows), "training", self._keep)
            self._feed.fill(rows, plan.input)
            if share < 1:
                cpu.mix(plan.input.reshape(len(rows), -1), share)
            plan.forward(step=number)
            outputs, slopes = plan.value(self._node), plan.seed(self._node)
            mean, correct = loss.with_gradient(self._loss, outputs, self._feed.labels, rows, slopes, share)
            mean += self._goal.seed(plan, rows) if self._goal else 0.0
            if not math.isfinite(mean):
                raise DivergedError("the loss is not a number any more")
            plan.backward(self._ends)
            bad = self._update(optimizer, rate, number + 1, model.learned_parts)
            model.learned()
        if bad:
            raise DivergedError(f"{bad:,} weights are not numbers any more")
        return mean, correct


class Scorer:
    """Class scores of a split in its own order, batch by batch, through one inference plan.

    The last batch is filled up with the first image, so that one plan serves all.
    """

    def __init__(self, model: Model, feed: Feed, batch: int = EVALUATION_BATCH) -> None:
        self._model = model
        self._feed = feed
        self._node, self._keep = scores(model.network)
        self._batch = min(batch, len(feed))
        self.batches = math.ceil(len(feed) / self._batch) if len(feed) else 0
        self._rows = np.zeros(self.batches * self._batch, np.int64)
        self._rows[: len(feed)] = np.arange(len(feed))

    def scores(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows (n,) of batch `index` and a view of their scores (n, K), good until the plan runs again.

        The caller holds `compute.exclusive`.
        """
        start = index * self._batch
        if index == 0:
            self._feed.follow(0, self._rows, self._batch)
        plan = self._model.plan(self._batch, "inference", self._keep)
        self._feed.fill(self._rows[start : start + self._batch], plan.input)
        plan.forward()
        count = min(self._batch, len(self._feed) - start)
        return self._rows[start : start + count], plan.value(self._node)[:count]

    def box(self, count: int) -> NDArray[np.float32]:
        """A view of the boxes (n, 4) or (n, 4·K) of the `count` images whose scores were asked for last."""
        node = box_node(self._model.network)
        assert node is not None  # who asks has looked
        return self._model.plan(self._batch, "inference", self._keep).value(node)[:count]

    def close(self) -> None:
        """End the threads that read ahead."""
        self._feed.close()


def scores(network: Network) -> tuple[str, tuple[str, ...]]:
    """The score node, and what a plan must keep so that it can be read: nothing where it is the output itself."""
    node, box = score_node(network), box_node(network)
    return node, tuple(name for name in (node, box) if name not in (network.output, None))
