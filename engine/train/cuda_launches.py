"""What steps of training launch on a GPU beside a plan's calls, found without one: see runtime/cuda_launches.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..kernels.cuda_tiles import Means
from ..runtime.binding import Array
from ..runtime.companions import Companions
from ..runtime.cuda_launches import Build, Recorder
from ..runtime.plan import Plan
from ..runtime.weights import WeightStore
from .descent_cuda import Descent
from .loss import LOSSES, Loss
from .optimizer import OPTIMIZERS, SGD, Optimizer
from .step import scores

_STEPS: tuple[tuple[Loss, Optimizer], ...] = (
    *((kind(), SGD()) for kind in LOSSES.values()),
    *((LOSSES["cross-entropy"](), kind(clip_norm=1.0)) for kind in OPTIMIZERS.values()),
)


@dataclass(frozen=True)
class _Standing:
    """Stands for a model, a feed and its data, of which steps ask no more than this."""

    network: Network
    backend: Recorder
    trained_arrays: tuple[Array, Array, Array]
    labels: NDArray[Any]


def recorded(network: Network, batch: int, means: Means) -> list[Build]:
    """The builds of steps by every loss and every optimiser, each once."""
    recorder = Recorder(means)
    store = WeightStore(network, 0, recorder, filled=False)
    arrays = store.trained.device, store.slopes.device, store.decays.device
    (node, keep), rows = scores(network), np.arange(batch)
    width = (network.shapes()[node] or (1,))[0]
    plan = Plan(network, store, recorder, batch, "training", keep)
    for loss, optimizer in _STEPS:
        labels = np.zeros((batch, width), np.float32) if loss.for_values else np.zeros(batch, np.int64)
        standing = cast("Any", _Standing(network, recorder, arrays, labels))
        buffers = Companions(optimizer.buffers, {}, len(store.trained), recorder)
        descent = Descent(standing, standing, loss, node, None, optimizer, buffers)
        descent.prepare(rows, 1.0, optimizer, 0.1, 1, store.learned_parts)
        descent.take_loss(plan)
        descent.update()
    return list(recorder.builds)
