"""What stands for a model and its feed where steps are looked at and not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..runtime.backend import Backend
from ..runtime.binding import Array
from ..runtime.companions import Companions
from ..runtime.weights import WeightStore
from . import descent
from .loss import Loss
from .optimizer import Optimizer
from .step import scores


@dataclass(frozen=True)
class _Standing:
    """A model, a feed and its data, of which steps ask no more than this."""

    network: Network
    backend: Backend
    trained_arrays: tuple[Array, Array, Array]
    labels: NDArray[Any]


def standing_descent(
    network: Network, store: WeightStore, backend: Backend, batches: Sequence[int], loss: Loss, optimizer: Optimizer
) -> descent.Descent:
    """What does the part of a step behind the forward pass, ready for its first ones with batches of these sizes."""
    node, _ = scores(network)
    width = (network.shapes()[node] or (1,))[0]
    most = max(batches)
    labels = np.zeros((most, width), np.float32) if loss.for_values else np.zeros(most, np.int64)
    arrays = store.trained.device, store.slopes.device, store.decays.device
    standing = cast("Any", _Standing(network, backend, arrays, labels))
    buffers = Companions(optimizer.buffers, {}, len(store.trained), backend)
    made = descent.made(standing, standing, loss, node, None, optimizer, buffers, device=backend.name)
    for batch in batches:
        made.prepare(np.arange(batch), 1.0, optimizer, 0.1, 1, store.learned_parts)
    return made
