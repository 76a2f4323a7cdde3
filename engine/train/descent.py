"""What a step does behind the forward pass: loss, gradient and optimiser. Each device has a module of its own for it.

`descent_cpu.py` and `descent_cuda.py` hold a class `Descent` of this form; `runtime.backend.variant` finds it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .loss import Loss
from .optimizer import Optimizer
from .outcome import Outcome

if TYPE_CHECKING:
    from ..runtime.companions import Companions
    from ..runtime.model import Model
    from ..runtime.plan import Plan
    from .feed import Feed
    from .localisation_step import BoxGoal


class Descent(Protocol):
    """For one step at a time, in this order: `prepare`, `take_loss`, the plan's backward pass, `update`, `outcome`."""

    ahead: int
    """Steps that may be begun before the outcome of one is read: 0 where a step is done when it returns."""

    def __init__(
        self,
        model: Model,
        feed: Feed,
        objective: Loss,
        node: str,
        goal: BoxGoal | None,
        optimizer: Optimizer,
        buffers: Companions,
    ) -> None:
        """`node` holds the scores; with a `goal` there is a second loss, at the goal's own node."""

    def prepare(
        self,
        rows: NDArray[np.int64],
        share: float,
        optimizer: Optimizer,
        rate: float,
        step: int,
        parts: Sequence[slice],
    ) -> Hashable:
        """Have everything there that the two calls below read; what the kernels that they launch depend on.

        The images are `rows` of the feed; with a `share` below 1 each is mixed with another. `step` is the optimiser's
        count, the first being 1, and `parts` are the ranges of the flat weights that learn.
        """

    def take_loss(self, plan: Plan) -> None:
        """Work out the losses of what the plan gave, and write their gradients to its seeds."""

    def update(self) -> None:
        """Make the optimiser's step."""

    def outcome(self) -> Outcome:
        """What the step found."""


def made(*args: Any, device: str) -> Descent:
    """The device's own, for these arguments."""
    from ..runtime.backend import variant  # noqa: PLC0415

    found: Descent = variant(__package__ or "", "descent", device).Descent(*args)
    return found
