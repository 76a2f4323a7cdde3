"""A curve of any length, kept in bounded memory and drawn with few points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats]
SPAN = 24.0
MOST = 1 << 17
"""Points that are kept as they came; of more, two by two become one, and so again each time there are as many."""
_BLOCK = 128  # points that are smoothed at once
_X, _MEAN, _TREND, _LEAST, _GREATEST = range(5)  # rows of what is kept


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
    """Points (x, y) with growing x, and y smoothed by an exponential mean over about `span` points.

    Of more than `most` points, `each` are kept as one: the first x, the mean of y, its least and its greatest, and the
    last value of the trend. So the curve looks as before unless a stretch of it is drawn very wide.
    """

    def __init__(self, span: float = SPAN, most: int = MOST) -> None:
        self._decay = 1.0 - 1.0 / span
        self._most = most
        self.clear()

    def clear(self) -> None:
        self._data = np.empty((5, 1024))
        self._count = 0
        self._mean = self._weight = 0.0
        self.each = 1
        self._filled = 1  # how many points the last one is so far

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> NDArray[np.float64]:
        return self._data[_X, : self._count]

    @property
    def y(self) -> NDArray[np.float64]:
        """The values; means where several points are one."""
        return self._data[_MEAN, : self._count]

    @property
    def smooth(self) -> NDArray[np.float64]:
        return self._data[_TREND, : self._count]

    def extend(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Append points. Values that are not finite leave a gap and do not enter the mean."""
        new, weights = np.array([x, y, [self._smoothed(value) for value in y], y, y], float), np.ones(len(x))
        if self._count and self._filled < self.each:  # the last one goes on
            self._count -= 1
            new = np.column_stack([self._data[:, self._count], new])
            weights = np.append(float(self._filled), weights)
        if self.each > 1 and len(weights):
            places = (np.cumsum(weights) - weights) // self.each
            new, weights = _as_one(new, weights, np.flatnonzero(np.diff(places, prepend=-1)))
            self._filled = int(weights[-1])
        self._append(new)
        self._bound()

    def put(self, x: Floats, y: Floats) -> None:
        """Hold these points in the place of all before; as `extend`, but quick for many."""
        self.clear()
        self._append(np.array([x, y, y, y, y], float))
        self._smooth_all()
        self._bound()

    def _append(self, new: Floats) -> None:
        count = self._count + new.shape[1]
        if count > self._data.shape[1]:
            grown = np.empty((5, max(count, 2 * self._data.shape[1])))
            grown[:, : self._count] = self._data[:, : self._count]
            self._data = grown
        self._data[:, self._count : count] = new
        self._count = count

    def _bound(self) -> None:
        """Keep two points as one until they are few enough."""
        while self._count > self._most:
            weights = np.full(self._count, float(self.each))
            weights[-1] = self._filled
            halved, weights = _as_one(self._data[:, : self._count], weights, np.arange(0, self._count, 2))
            self.each, self._filled = 2 * self.each, int(weights[-1])
            self._data, self._count = halved, halved.shape[1]

    def smooth_over(self, span: float) -> None:
        """Take the mean over about `span` points, of those that are there as well."""
        self._decay = 1.0 - 1.0 / span
        self._smooth_all()

    def _smooth_all(self) -> None:
        """What `_smoothed` makes of one point after the other, a block of finite values at a time.

        Where several points are one, as if all of them had the value of their mean.
        """
        y, decay = self.y, self._decay**self.each
        finite = np.isfinite(y)
        values, number = y[finite], np.cumsum(finite)
        powers = decay ** np.arange(_BLOCK + 1, dtype=float)
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
        several = (1.0 - decay) / (1.0 - self._decay)  # what a point of now weighs, one by one
        self._mean, self._weight = several * self._mean, several * self._weight
        padded = np.concatenate([[np.nan], means])
        self._data[_TREND, : self._count] = padded[number]

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
        if stretch == self.each == 1:
            return self.x[first : first + count], self.y[first : first + count]
        x = self.x[first : first + count : stretch].repeat(2)
        starts = np.arange(first, first + count, stretch)
        least, greatest = self._data[[_LEAST, _GREATEST], first : first + count]
        least, greatest = np.fmin.reduceat(least, starts - first), np.fmax.reduceat(greatest, starts - first)
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


def _as_one(points: Floats, weights: Floats, starts: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Points, so many of them each, of which those from one start to the next become one; their weights."""
    there = np.isfinite(points[_MEAN])
    counted = np.where(there, weights, 0.0)
    totals = np.add.reduceat(counted, starts)
    sums = np.add.reduceat(np.where(there, points[_MEAN], 0.0) * counted, starts)
    ends = np.append(starts[1:], points.shape[1]) - 1
    joined = np.empty((5, len(starts)))
    joined[_X], joined[_TREND] = points[_X, starts], points[_TREND, ends]
    joined[_MEAN] = np.divide(sums, totals, out=np.full(len(starts), np.nan), where=totals > 0)
    joined[_LEAST] = np.fmin.reduceat(points[_LEAST], starts)
    joined[_GREATEST] = np.fmax.reduceat(points[_GREATEST], starts)
    return joined, np.add.reduceat(weights, starts)
