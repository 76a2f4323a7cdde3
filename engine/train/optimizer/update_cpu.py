"""An optimiser's step on the weights of a model that the CPU trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...runtime.companions import Companions
from ...runtime.threads import threads
from .base import Optimizer
from .update import Update

if TYPE_CHECKING:
    from ...runtime.model import Model

_PARALLEL_FROM = 1 << 17  # weights; below, starting the threads costs more than they save


def update(model: Model, optimizer: Optimizer, buffers: Companions) -> Update:
    """The kernel bound to the model's arrays."""
    arrays = (model.flat_weights, model.flat_gradients, buffers, model.decay_mask)
    return Update(optimizer, *arrays, update_threads(model.flat_weights.size))


def update_threads(weights: int) -> int:
    """Threads that share an optimiser's step over so many weights."""
    return 1 if weights < _PARALLEL_FROM else threads()
