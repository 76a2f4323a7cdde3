"""The curves of other runs in a plot, each in a colour of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from ..theme import theme
from .series import Curve, Series

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OtherRun:
    """One quantity of a run: every batch, and what was tested after each epoch. `colour` is of the theme's series."""

    colour: int
    batches: tuple[Floats, Floats]
    tests: tuple[Floats, Floats]


class OtherRuns:
    """Draws runs into `plot`: the trend of their training as a broken line, their tests as a whole one."""

    def __init__(self, plot: pg.PlotItem, drawn: Callable[[Floats], Floats]) -> None:
        """`drawn` turns values into places on the upright axis."""
        self._plot, self._drawn = plot, drawn
        self._runs: list[tuple[OtherRun, Series, pg.PlotDataItem, pg.PlotDataItem]] = []

    def show(self, runs: Sequence[OtherRun], span: float) -> None:
        """Draw these in the place of those before, smoothed over `span` batches."""
        for _, _, trend, tests in self._runs:
            self._plot.removeItem(trend)
            self._plot.removeItem(tests)
        self._runs = []
        for run in runs:
            series = Series(span)
            series.put(*run.batches)
            trend = self._plot.plot(connect="finite", antialias=True)
            tests = self._plot.plot(antialias=True, symbol="o", symbolSize=5, pxMode=True)
            self._runs.append((run, series, trend, tests))
        self.recolour()

    def smooth(self, span: float) -> None:
        """Smooth over so many batches."""
        for _, series, _, _ in self._runs:
            series.smooth_over(span)

    def recolour(self) -> None:
        for run, _, trend, tests in self._runs:
            colour = theme.colours.series[run.colour]
            trend.setPen(pg.mkPen(colour, width=1.5, style=Qt.PenStyle.DashLine))
            tests.setPen(pg.mkPen(colour, width=2))
            tests.setSymbolBrush(colour)
            tests.setSymbolPen(None)

    def draw(self, low: float, high: float, points: int) -> list[Curve]:
        """Draw what is between two x; the curves that were drawn, for the axis to fit."""
        shown = []
        for run, series, trend, tests in self._runs:
            curve = series.trend(low, high, points)
            trend.setData(curve[0], self._drawn(curve[1]))
            tests.setData(run.tests[0], self._drawn(run.tests[1]))
            inside = (run.tests[0] >= low) & (run.tests[0] <= high)
            shown += [curve, (run.tests[0][inside], run.tests[1][inside])]
        return shown

    @property
    def end(self) -> float:
        """Where the last of them ends; 0 without any."""
        ends = [series.x[-1] for _, series, _, _ in self._runs if len(series)]
        return float(max(ends, default=0.0))
