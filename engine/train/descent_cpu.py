"""Loss, gradient and optimiser on the CPU, where everything is known as soon as it is asked for."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .loss import Loss, with_gradient
from .optimizer import Optimizer
from .optimizer.update_cpu import update
from .outcome import Known, Outcome

if TYPE_CHECKING:
    from ..runtime.companions import Companions
    from ..runtime.model import Model
    from ..runtime.plan import Plan
    from .feed import Feed
    from .localisation_step import BoxGoal


class Descent:
    """See `descent.Descent`."""

    ahead = 0

    def __init__(
        self, model: Model, feed: Feed, objective: Loss, node: str, goal: BoxGoal | None, optimizer: Optimizer,
        buffers: Companions,
    ) -> None:  # fmt: skip
        self._feed, self._loss, self._node, self._goal = feed, objective, node, goal
        self._update = update(model, optimizer, buffers)

    def prepare(
        self, rows: NDArray[np.int64], share: float, optimizer: Optimizer, rate: float, step: int,
        parts: Sequence[slice],
    ) -> Hashable:  # fmt: skip
        self._rows, self._share = rows, share
        self._numbers = (optimizer, rate, step, parts)
        return None

    def take_loss(self, plan: Plan) -> None:
        """DivergedError if the loss is not finite."""
        outputs, slopes = plan.value(self._node), plan.seed(self._node)
        mean, correct = with_gradient(self._loss, outputs, self._feed.labels, self._rows, slopes, self._share)
        mean += self._goal.seed(plan, self._rows) if self._goal else 0.0
        self._found = Known(mean, correct)
        if not math.isfinite(mean):
            self._found.read()

    def update(self) -> None:
        self._bad = self._update(*self._numbers)

    def outcome(self) -> Outcome:
        return Known(self._found.mean, self._found.correct, self._bad)
