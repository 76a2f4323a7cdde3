"""An axis whose logarithmic ticks never crowd."""

from __future__ import annotations

import itertools
import math

import pyqtgraph as pg

_ROOM = 24  # pixels between labels, at least
_DIGITS = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,))

Ticks = list[tuple[float, list[float]]]


class ValueAxis(pg.AxisItem):
    """As pyqtgraph's; a logarithmic one is labelled 1, 2, 5, 10 … as far as there is room, or at every few decades."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N802
        if not self.logMode:
            return super().tickValues(minVal, maxVal, size)
        decade = size / max(maxVal - minVal, 1e-9)
        digits = next((d for d in _DIGITS if _closest(d) * decade >= _ROOM), (1,))
        every = max(math.ceil(_ROOM / decade), 1)
        powers = [p for p in range(math.floor(minVal), math.ceil(maxVal) + 1) if p % every == 0]
        places = [power + math.log10(digit) for power in powers for digit in digits]
        return [(1.0, [place for place in places if minVal <= place <= maxVal])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        if not self.logMode:
            return super().tickStrings(values, scale, spacing)
        return [f"{10.0**value:.1g}" if value >= -4 else f"{10.0**value:.0e}" for value in values]


def _closest(digits: tuple[int, ...]) -> float:
    """The least distance between neighbouring labels, in decades."""
    places = [math.log10(d) for d in (*digits, 10)]
    return min(b - a for a, b in itertools.pairwise(places))
