"""Functions of one number as curves, with an upright line that follows the mouse while a button is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ..theme import follow, style_plot, theme
from .legend import Legend

Curve = tuple[str, NDArray[Any], NDArray[Any]]
_HEIGHT = 280


class FunctionPlot(QWidget):
    """`moved(x)` is sent when the line is to be moved: by a click anywhere, or by dragging.

    The first function's curves are thick, those of others thin.
    """

    moved = Signal(float)

    def __init__(self, name: str, reach: tuple[float, float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: list[Curve] = []
        self._per_function = 1
        self._items: list[pg.PlotDataItem] = []
        self.plot = pg.PlotWidget()
        self.plot.setAccessibleName(name)
        self.plot.setMinimumHeight(_HEIGHT)
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.getViewBox().setMouseEnabled(x=False, y=False)
        item.setXRange(*reach, padding=0)
        style_plot(self.plot)
        self._zeros = [pg.InfiniteLine(0, angle) for angle in (0, 90)]
        self.line = pg.InfiniteLine(0, 90)
        self._reach, self._held = reach, False
        self.plot.setCursor(Qt.CursorShape.SizeHorCursor)
        self.plot.viewport().installEventFilter(self)
        self._points = pg.ScatterPlotItem(size=9)
        for part in (*self._zeros, self.line, self._points):
            self.plot.addItem(part, ignoreBounds=True)
        self._place = QVBoxLayout(self)
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.setSpacing(4)
        self._place.addWidget(self.plot, 1)
        self.legend: Legend | None = None
        follow(self, self._recolour)

    def show_curves(self, curves: Sequence[Curve], per_function: int) -> None:
        """Show curves as (name, x, y), of which `per_function` after each other belong to one function."""
        names = [name for name, _, _ in curves]
        if names != [name for name, _, _ in self._curves]:
            self._rename(names)
        self._curves, self._per_function = list(curves), per_function
        for item, (_, x, y) in zip(self._items, curves):
            item.setData(x, y)
        values = np.concatenate([y for _, _, y in curves])
        low, high = min(float(values.min()), -0.5), max(float(values.max()), 1.0)
        margin = 0.06 * (high - low)
        self.plot.setYRange(low - margin, high + margin, padding=0)
        self._recolour()

    def _rename(self, names: list[str]) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = [self.plot.plot(antialias=True) for _ in names]
        if self.legend is not None:
            self._place.removeWidget(self.legend)
            self.legend.hide()
            self.legend.deleteLater()
        self.legend = Legend("", {name: number for number, name in enumerate(names)})
        self._place.insertWidget(0, self.legend)

    def show_point(self, x: float) -> None:
        """Put the line at x, a point on every curve, and its value into the legend."""
        self.line.setValue(x)
        at = [int(np.abs(xs - x).argmin()) for _, xs, _ in self._curves]
        self._points.setData(
            [float(xs[i]) for i, (_, xs, _) in zip(at, self._curves)],
            [float(ys[i]) for i, (_, _, ys) in zip(at, self._curves)],
            brush=[pg.mkBrush(self._colour(number)) for number in range(len(self._curves))],
        )
        for i, (name, _, ys) in zip(at, self._curves):
            if self.legend is not None:
                self.legend.set_value(name, f"{float(ys[i]):.4f}".replace("-", "−"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take presses and moves from the plot, whose own way of dragging would zoom it."""
        if not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._held = True
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._held = False
        if self._held:
            box = self.plot.getPlotItem().getViewBox()
            x = float(box.mapSceneToView(self.plot.mapToScene(event.position().toPoint())).x())
            self.moved.emit(min(max(x, self._reach[0]), self._reach[1]))
        return True

    def _colour(self, number: int) -> QColor:
        return QColor(theme.colours.series[number % len(theme.colours.series)])

    def _recolour(self) -> None:
        for number, item in enumerate(self._items):
            dashed = number % self._per_function > 0
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            item.setPen(pg.mkPen(self._colour(number), width=2.5 if number < self._per_function else 1.5, style=style))
        for zero in self._zeros:
            zero.setPen(pg.mkPen(theme.color("wire"), width=1))
        self.line.setPen(pg.mkPen(theme.color("muted"), width=1.5))
        self._points.setPen(pg.mkPen(theme.color("surface"), width=1))
