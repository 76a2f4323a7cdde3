"""How the values of an array were spread over the steps of a run: a column for each look, a colour for each count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ..theme import style_plot
from ..tokens import SEQUENTIAL_MAP, SMALL
from .colours import table

ROWS, COLUMNS = 96, 240
_AXIS_WIDTH = 52


class HistogramMap(QWidget):
    """Steps from left to right, values upwards; each column's brightest place is where most values were."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = pg.PlotWidget()
        self.plot.setAccessibleName(name)
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.getViewBox().setMouseEnabled(x=False, y=False)
        item.getViewBox().disableAutoRange()
        item.getAxis("left").setWidth(_AXIS_WIDTH)
        item.getAxis("left").enableAutoSIPrefix(False)
        item.getAxis("bottom").enableAutoSIPrefix(False)
        item.setLabel("bottom", "step", **{"font-size": f"{SMALL}px"})
        style_plot(self.plot)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setLookupTable(table(SEQUENTIAL_MAP))
        item.addItem(self._image)
        self.pixels: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)

    def show_spreads(self, steps: Sequence[int], spreads: Sequence[Any]) -> None:
        """Show the engine's Spreads, each from its step to the next one's."""
        low, high = min(one.low for one in spreads), max(one.high for one in spreads)
        if high <= low:
            low, high = low - 0.5, high + 0.5
        first, last = steps[0], max(steps[-1], steps[0] + 1)
        columns = np.searchsorted(steps, np.linspace(first, last, COLUMNS), "right") - 1
        edges = np.linspace(low, high, ROWS + 1)
        rows = np.stack([_rebinned(one, edges) for one in spreads])
        self.pixels = (rows / np.maximum(rows.max(1, keepdims=True), 1e-9))[columns.clip(0)].T.astype(np.float32)
        self._image.setImage(self.pixels, levels=(0.0, 1.0))
        self._image.setRect(QRectF(first, low, last - first, high - low))
        self.plot.setXRange(first, last, padding=0)
        self.plot.setYRange(low, high, padding=0)


def _rebinned(spread: Any, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts between other edges; those of a bin are taken as evenly spread over it."""
    if spread.high <= spread.low:
        counts = np.zeros(len(edges) - 1)
        place = int(np.clip(np.searchsorted(edges, spread.low, "right") - 1, 0, len(counts) - 1))
        counts[place] = spread.counts.sum()
        return counts
    own = np.linspace(spread.low, spread.high, len(spread.counts) + 1)
    upto = np.concatenate([[0.0], np.cumsum(spread.counts)])
    return np.diff(np.interp(edges, own, upto))
