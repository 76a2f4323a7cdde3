"""How large the steps of each layer are beside its weights, over a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from convscope.engine.train.internals import HEALTHY_STEP

from ..theme import follow, small_font, style_plot, theme
from ..tokens import SEQUENTIAL_MAP, SMALL
from .colours import LEVELS, table
from .wrapped import Wrapped

_LEAST = -8.0
_LIST_WIDTH = 176
_SERIES = 6
"""Layers that have colours of their own; more of them go from dark to light with their depth."""


class RatioPlot(QWidget):
    """A line a layer, log10 of the root mean square of the step over that of the weights, with the −3 line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[str, pg.PlotDataItem] = {}
        self.plot = pg.PlotWidget()
        self.plot.setAccessibleName("Update-to-weight ratio of each layer over steps")
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.getViewBox().setMouseEnabled(x=False, y=False)
        item.getAxis("left").setWidth(52)
        item.getAxis("bottom").enableAutoSIPrefix(False)
        item.setLabel("bottom", "step", **{"font-size": f"{SMALL}px"})
        item.setLabel("left", "log₁₀ (update / weight)", **{"font-size": f"{SMALL}px"})
        style_plot(self.plot)
        self._goal = pg.InfiniteLine(HEALTHY_STEP, 0, label="−3", labelOpts={"position": 0.98, "movable": False})
        self._goal.label.setFont(small_font())
        item.addItem(self._goal, ignoreBounds=True)
        self.list = QListWidget()
        self.list.setAccessibleName("Ratios of the layers")
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.setFont(small_font())
        help = Wrapped(
            "About −3 is healthy: much more and training may diverge, much less and the layer hardly learns."
        )
        help.setFixedWidth(_LIST_WIDTH)
        side, row = QVBoxLayout(), QHBoxLayout(self)
        side.addWidget(self.list, 1)
        side.addWidget(help)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.plot, 1)
        row.addLayout(side)
        follow(self, self._recolour)

    def show_ratios(self, steps: Sequence[int], ratios: Mapping[str, Sequence[float]]) -> None:
        """Show a ratio of each layer at each step; −inf where nothing changed."""
        if list(ratios) != list(self._lines):
            self._begin(list(ratios))
        for row, (name, values) in enumerate(ratios.items()):
            finite = np.maximum(np.nan_to_num(np.asarray(values, float), nan=_LEAST, neginf=_LEAST), _LEAST)
            self._lines[name].setData(np.asarray(steps, float), finite)
            last = values[-1]
            text = f"{last:.2f}".replace("-", "−") if np.isfinite(last) else "no step"
            self.list.item(row).setText(f"{text}   {name}")
            self.list.item(row).setToolTip(f"{name}: {text}")
        self._fit(steps, ratios)

    def texts(self) -> list[str]:
        """The latest ratios, as they are listed."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def _begin(self, names: list[str]) -> None:
        for line in self._lines.values():
            self.plot.removeItem(line)
        self._lines = {name: self.plot.plot(connect="finite", antialias=True) for name in names}
        self.list.clear()
        for _ in names:
            self.list.addItem(QListWidgetItem())
        self._recolour()

    def _recolour(self) -> None:
        count = len(self._lines)
        depths = table(SEQUENTIAL_MAP)[np.linspace(0.1, 0.9, max(count, 1)).__mul__(LEVELS - 1).astype(int)]
        for row, line in enumerate(self._lines.values()):
            colour = QColor(theme.colours.series[row]) if count <= _SERIES else QColor(*map(int, depths[row]))
            line.setPen(pg.mkPen(colour, width=2))
            self.list.item(row).setForeground(colour)
        self._goal.setPen(pg.mkPen(theme.color("success"), width=1, style=Qt.PenStyle.DashLine))
        self._goal.label.setColor(theme.color("success"))

    def _fit(self, steps: Sequence[int], ratios: Mapping[str, Sequence[float]]) -> None:
        values = np.array([value for own in ratios.values() for value in own], float)
        values = values[np.isfinite(values)]
        low, high = (values.min(), values.max()) if len(values) else (HEALTHY_STEP, HEALTHY_STEP)
        low, high = max(min(low, HEALTHY_STEP) - 0.3, _LEAST), max(high, HEALTHY_STEP) + 0.3
        self.plot.setYRange(low, high, padding=0)
        self.plot.setXRange(steps[0], max(steps[-1], steps[0] + 1), padding=0.01)
