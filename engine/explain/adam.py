"""Adam for the parameters of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Ascends a gradient, or descends with a negative rate (Kingma & Ba 2015, algorithm 1)."""

    def __init__(self, params: Floats, rate: float) -> None:
        self.params, self.rate = params, rate
        self._mean, self._square = np.zeros_like(params), np.zeros_like(params)
        self._steps = 0

    def step(self, gradient: Floats) -> None:
        """Change `params` in place."""
        self._steps += 1
        self._mean += (1 - _BETA1) * (gradient - self._mean)
        self._square += (1 - _BETA2) * (np.square(gradient) - self._square)
        mean = self._mean / (1 - _BETA1**self._steps)
        size = np.sqrt(self._square / (1 - _BETA2**self._steps)) + _EPSILON
        self.params += np.float32(self.rate) * mean / size
