"""A long curve kept whole and drawn with few points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats]
SPAN = 24.0
_BLOCK = 128  # points that are smoothed at once


def thinned(x: Floats, y: Floats, low: float, high: float, most: int) -> Curve:
    """Points with growing x between two x and one beyond each; every second, every fourth … where they are too many.

    The last of them is always there.
    """
    first, last = max(int(np.searchsorted(x, low)) - 1, 0), min(int(np.searchsorted(x, high, "right")) + 1, len(x))
    stretch = 1
    while last - first > stretch * most:
        stretch *= 2
    picked = np.arange(first + -first % stretch, last, stretch)
    if last > first and (not len(picked) or picked[-1] != last - 1):
        picked = np.append(picked, last - 1)
    return x[picked], y[picked]


class Series:
    """Points (x, y) with growing x, and y smoothed by an exponential mean over about `span` points."""

    def __init__(self, span: float = SPAN) -> None:
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

    def put(self, x: Floats, y: Floats) -> None:
        """Hold these points in the place of all before; as `extend`, but quick for many."""
        self._data = np.empty((3, max(len(x), 1024)))
        self._count = len(x)
        self._data[0, : self._count], self._data[1, : self._count] = x, y
        self._smooth_all()

    def smooth_over(self, span: float) -> None:
        """Take the mean over about `span` points, of those that are there as well."""
        self._decay = 1.0 - 1.0 / span
        self._smooth_all()

    def _smooth_all(self) -> None:
        """What `_smoothed` makes of one point after the other, a block of finite values at a time."""
        y = self.y
        finite = np.isfinite(y)
        values, number = y[finite], np.cumsum(finite)
        powers = self._decay ** np.arange(_BLOCK + 1, dtype=float)
        apart = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
        below = np.tril(powers[np.abs(apart)])
        self._mean = self._weight = 0.0
        means = np.empty(len(values))
        for begin in range(0, len(values), _BLOCK):
            block = values[begin : begin + _BLOCK]
            size = len(block)
            sums = below[:size, :size] @ block + powers[1 : size + 1] * self._mean
            weights = below[:size, :size].sum(1) + powers[1 : size + 1] * self._weight
            means[begin : begin + size] = sums / weights
            self._mean, self._weight = float(sums[-1]), float(weights[-1])
        padded = np.concatenate([[np.nan], means])
        self._data[2, : self._count] = padded[number]

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
