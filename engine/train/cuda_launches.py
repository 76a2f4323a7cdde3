"""What steps of training launch on a GPU beside a plan's calls, found without one: see runtime/cuda_launches.py."""

from __future__ import annotations

import numpy as np

from ..data.augment import augmentations
from ..data.preprocess import Preprocessing
from ..graph import Network
from ..kernels.cuda_tiles import Means
from ..runtime.cuda_launches import Build, Recorder
from ..runtime.plan import Plan
from ..runtime.weights import WeightStore
from . import inflow
from .feed import Feed
from .loss import LOSSES, Loss
from .optimizer import OPTIMIZERS, SGD, Optimizer
from .standing import standing_descent
from .step import scores

_STEPS: tuple[tuple[Loss, Optimizer], ...] = (
    *((kind(), SGD()) for kind in LOSSES.values()),
    *((LOSSES["cross-entropy"](), kind(clip_norm=1.0)) for kind in OPTIMIZERS.values()),
)

_BATCHES = (("uint8", ""), ("uint8", "contrast"), ("float32", "contrast"))
"""Types of pixels, and augmentations, that batches come by different kernels for."""


def recorded(network: Network, batch: int, means: Means) -> list[Build]:
    """The builds of steps by every loss and every optimiser, and of batches of every kind, each once."""
    recorder = Recorder(means)
    store = WeightStore(network, 0, recorder, filled=False)
    _, keep = scores(network)
    plan = Plan(network, store, recorder, batch, "training", keep)
    for loss, optimizer in _STEPS:
        descent = standing_descent(network, store, recorder, [batch], loss, optimizer)
        descent.take_loss(plan)
        descent.update()
    for pixels, augment in _BATCHES:
        images, labels = np.zeros((batch, *network.input), pixels), np.zeros(batch, np.int64)
        feed = Feed(images, labels, Preprocessing(), network.input, augmentations(augment))
        inflow.made(recorder, feed).begin(plan, np.arange(batch), 0.5, 0)
    return list(recorder.builds)
