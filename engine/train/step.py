"""One optimiser step, and the scores of a split: the two things a run asks of a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..graph.scores import score_node
from ..runtime.companions import Companions
from ..runtime.compute import exclusive
from . import descent, inflow
from .feed import Feed
from .localisation import Boxes, box_node
from .localisation_step import BoxGoal
from .loss import CrossEntropy, Loss
from .optimizer import Optimizer
from .outcome import Outcome

if TYPE_CHECKING:
    from ..runtime.model import Model
    from ..runtime.plan import Plan

EVALUATION_BATCH = 128


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
        self._feed = feed
        self._node, self._keep = scores(model.network)
        has_box = box_node(model.network) is not None
        goal = BoxGoal(model.network, feed, boxes) if boxes is not None and has_box else None
        self._ends = (self._node, goal.node) if goal else (self._node,)
        taken = (objective or CrossEntropy(), self._node, goal)
        self._descent = descent.made(model, feed, *taken, optimizer, buffers, device=model.device)
        self._inflow = inflow.made(model.backend, feed)
        self._repeater = model.backend.repeater()

    @property
    def ahead(self) -> int:
        """Steps that are best begun before the outcome of one is read: as many as keep the device at work."""
        return self._descent.ahead

    def prepare(self, batch: int) -> None:
        """Make the plan for this batch size, and room for the batch that comes next; NoMemoryError if there is none."""
        with exclusive:
            self._inflow.reserve(self._model.plan(batch, "training", self._keep))

    def release(self) -> None:
        """Give back the room for batches; it is taken again when it is needed."""
        self._inflow.release()

    def notice(self) -> str:
        """What the user should know of how steps are done, in a sentence, told once; "" if there is nothing."""
        return self._repeater.notice()

    def step(
        self, rows: NDArray[np.int64], number: int, optimizer: Optimizer, rate: float, share: float = 1.0
    ) -> tuple[float, int]:
        """One step, as `begin` begins it; mean loss before it and how many were right, or DivergedError."""
        return self.begin(rows, number, optimizer, rate, share).read()

    def begin(
        self, rows: NDArray[np.int64], number: int, optimizer: Optimizer, rate: float, share: float = 1.0
    ) -> Outcome:
        """Begin a step on the images `rows` at a learning rate; what it finds may be known later.

        With a `share` below 1 each image is mixed with another: that much of it, and the rest of the other.
        `number` is the global step, the first being 0, which seeds dropout.
        """
        model = self._model
        with exclusive:
            plan = model.plan(len(rows), "training", self._keep)
            parts = model.learned_parts
            depends = self._descent.prepare(rows, share, optimizer, rate, number + 1, parts)
            self._inflow.begin(plan, rows, share, number)
            self._repeater.run((ref(plan), depends), lambda: self._launch(plan))
            plan.end_step()
            model.learned()
            return self._descent.outcome()

    def _launch(self, plan: Plan) -> None:
        """All of a step that is computed, in order: on a GPU it is launched, and captured as one."""
        plan.launch()
        self._descent.take_loss(plan)
        plan.launch_backward(self._ends)
        self._descent.update()


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

    def prepare(self) -> None:
        """Make the plan; NoMemoryError if it does not fit into memory."""
        if self.batches:
            with exclusive:
                self._model.plan(self._batch, "inference", self._keep)

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
