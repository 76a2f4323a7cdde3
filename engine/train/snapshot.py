"""A copy of everything a run changes, to go back to when training diverges or stops getting better."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .state import Arrays, Kept, Progress

if TYPE_CHECKING:
    from ..runtime.companions import Companions
    from ..runtime.model import Model


class Snapshot:
    """Weights, optimiser buffers and progress of one moment: of now, or what was `kept`. Its memory is taken once."""

    def __init__(self, model: Model, buffers: Companions, progress: Progress, kept: Kept | None = None) -> None:
        self._model, self._live_buffers, self._live_progress = model, buffers, progress
        self._weights = {name: np.empty_like(array) for name, array in model.weights.items()}
        self._buffers = {name: np.empty_like(array) for name, array in buffers.items()}
        if kept is None:
            self.take()
        else:
            _copy(kept.weights, self._weights)
            _copy(kept.buffers, self._buffers)
            self._progress = kept.progress

    def take(self) -> None:
        """Remember this moment instead of the last."""
        _copy(dict(self._model.weights), self._weights)
        _copy(dict(self._live_buffers), self._buffers)
        self._progress = dataclasses.replace(self._live_progress)

    def restore(self) -> None:
        """Put everything back as it was."""
        for live, kept in ((self._model.weights, self._weights), (self._live_buffers, self._buffers)):
            for name, array in kept.items():
                live[name] = array
        self._live_progress.assign(self._progress)

    def kept(self) -> Kept:
        """What is remembered, for a file."""
        return Kept(dataclasses.replace(self._progress), self._weights, self._buffers)


def _copy(source: Arrays, target: Arrays) -> None:
    for name, array in target.items():
        array[...] = source[name]
