"""Gradient descent with momentum that goes back and steps more shortly where it overshot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
_MOMENTUM = 0.9
_OVERSHOT = 4.0  # times the lowest value so far, from which a picture goes back
_SHORTER = 0.5


class Descent:
    """Moves pictures `x` (N, H, W, C), each by itself. A published rate may be far too large for some network.

    One whose value grows to four times its lowest goes back there, loses its momentum, and has half the rate from then
    on. `best` (N, H, W, C) is where values were lowest.
    """

    def __init__(self, x: Floats) -> None:
        self.x, self._speed = x, np.zeros_like(x)
        self._rate = 0.0
        self._shares = np.ones((len(x), 1, 1, 1), np.float32)
        self.best, self._best_slope = x, np.zeros_like(x)
        self._lowest = np.full(len(x), np.inf)

    def step(self, value: Doubles, slope: Floats, rate: float) -> None:
        """Go on from where `value` (N,) was found, with this gradient; a new rate begins with fresh momentum."""
        if rate != self._rate:
            self._rate, self._speed = rate, np.zeros_like(self.x)
        better = value < self._lowest
        back = _per_picture(~better & ~(value <= _OVERSHOT * self._lowest))
        self._lowest = np.where(better, value, self._lowest)
        better = _per_picture(better)
        self.best, self._best_slope = np.where(better, self.x, self.best), np.where(better, slope, self._best_slope)
        self._shares = np.where(back, np.float32(_SHORTER) * self._shares, self._shares)
        x, slope = np.where(back, self.best, self.x), np.where(back, self._best_slope, slope)
        self._speed = np.float32(_MOMENTUM) * np.where(back, 0, self._speed) - self._shares * np.float32(rate) * slope
        self.x = (x + self._speed).astype(np.float32)


def _per_picture(of: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return of[:, None, None, None]
