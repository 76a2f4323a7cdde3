"""A long curve kept whole and drawn with few points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


class Series:
    """Points (x, y) with growing x, and y smoothed by an exponential mean over about `span` points."""

    def __init__(self, span: float = 24.0) -> None:
        self._decay = 1.0 - 1.0 / span
        self.clear()

    def clear(self) -> None:
        self._data = np.empty((3, 1024))
        self._count = 0
        self._mean = self._weight = 0.0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> NDArray[np.float64]:
        return self._data[0, : self._count]

    @property
    def y(self) -> NDArray[np.float64]:
        return self._data[1, : self._count]

    @property
    def smooth(self) -> NDArray[np.float64]:
        return self._data[2, : self._count]

    def extend(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Append points. Values that are not finite leave a gap and do not enter the mean."""
        count = self._count + len(x)
        if count > self._data.shape[1]:
            grown = np.empty((3, max(count, 2 * self._data.shape[1])))
            grown[:, : self._count] = self._data[:, : self._count]
            self._data = grown
        self._data[0, self._count : count] = x
        self._data[1, self._count : count] = y
        self._data[2, self._count : count] = [self._smoothed(value) for value in y]
        self._count = count

    def _smoothed(self, value: float) -> float:
        """The mean after one more value, each weighing `decay` times the next (without a bias towards zero)."""
        if np.isfinite(value):
            self._mean = self._decay * self._mean + value
            self._weight = self._decay * self._weight + 1.0
        return self._mean / self._weight if self._weight else np.nan

    def nearest(self, x: float) -> int:
        """Index of the last point at or before x; −1 without points."""
        return min(max(int(np.searchsorted(self.x, x, "right")) - 1, 0), self._count - 1)

    def envelope(self, low: float, high: float, points: int) -> Curve:
        """The raw curve between two x with at most about `points` points: the least and greatest of each stretch."""
        first, stretch, count = self._stretches(low, high, points // 2)
        if stretch == 1:
            return self.x[first : first + count], self.y[first : first + count]
        x = self.x[first : first + count : stretch].repeat(2)
        starts = np.arange(first, first + count, stretch)
        edges = self._data[1, first : first + count]
        least, greatest = np.fmin.reduceat(edges, starts - first), np.fmax.reduceat(edges, starts - first)
        return x, np.column_stack([least, greatest]).ravel()

    def trend(self, low: float, high: float, points: int) -> Curve:
        """The smoothed curve between two x with at most about `points` points."""
        first, stretch, count = self._stretches(low, high, points)
        picked = np.arange(first, first + count, stretch)
        if count and picked[-1] != first + count - 1:
            picked = np.append(picked, first + count - 1)
        return self.x[picked], self.smooth[picked]

    def _stretches(self, low: float, high: float, points: int) -> tuple[int, int, int]:
        """First point, points a stretch, number of points. They start at fixed places: nothing shimmers."""
        first = max(int(np.searchsorted(self.x, low)) - 1, 0)
        last = min(int(np.searchsorted(self.x, high, "right")) + 1, self._count)
        stretch = 1
        while (last - first) > stretch * points:
            stretch *= 2
        first -= first % stretch
        return first, stretch, last - first
