"""A copy of everything a run changes, to go back to when training diverges."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .state import Arrays, Progress

if TYPE_CHECKING:
    from ..runtime.model import Model


class Snapshot:
    """Weights, optimiser buffers and progress of one moment. Its memory is taken once."""

    def __init__(self, model: Model, buffers: Arrays, progress: Progress) -> None:
        self._model, self._live_buffers, self._live_progress = model, buffers, progress
        self._weights = {name: np.empty_like(array) for name, array in model.weights.items()}
        self._buffers = {name: np.empty_like(array) for name, array in buffers.items()}
        self.take()

    def take(self) -> None:
        """Remember this moment instead of the last."""
        for name, array in self._weights.items():
            array[...] = self._model.weights[name]
        for name, array in self._buffers.items():
            array[...] = self._live_buffers[name]
        self._progress = dataclasses.replace(self._live_progress)

    def restore(self) -> None:
        """Put everything back as it was."""
        for name, array in self._weights.items():
            self._model.weights[name][...] = array
        for name, array in self._buffers.items():
            self._live_buffers[name][...] = array
        self._live_progress.assign(self._progress)
        self._model.weights_changed()
