"""One quantity over a training run: every batch faintly, its trend, and the figures of each epoch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QVBoxLayout, QWidget

from ..theme import follow, small_font, style_plot, theme
from ..work.curve_table import Line
from .legend import Legend
from .other_runs import OtherRun, OtherRuns
from .series import SPAN, Curve, Series, thinned
from .value_axis import ValueAxis

TRAIN, TEST = "Training", "Test"
_COLOURS = {TRAIN: 0, TEST: 1}
_AXIS_WIDTH = 52
_HIGHEST, _LOWER, _HEIGHTS = 0.94, 0.12, 4  # where names of markers stand, as shares of the plot's height
_LEAST = 1e-8  # what a logarithmic axis shows in place of zero
_ROOM = 1.25  # an axis is made so much longer than it has to be: it is drawn anew only when it changes
_MOST_EPOCHS = 120  # that have a mark each; of more, every second one, every fourth …


class CurvePlot(QWidget):
    """Curves over epochs.

    `pointed(x)` is the epoch under the mouse, NaN when there is none; `zoomed()` says that a range was made by hand.
    """

    pointed = Signal(float)
    zoomed = Signal()

    def __init__(
        self, heading: str, shown: Callable[[float | None], str], scale: float = 1.0, top: float | None = None
    ) -> None:
        """`shown` turns a value into text; the axis shows values times `scale`, up to `top` if that is given."""
        super().__init__()
        self._heading, self._shown, self._scale, self._top = heading, shown, scale, top
        self._log, self._span = False, SPAN
        self._star: tuple[float, float] | None = None
        self._marked: dict[str, object] = {}  # what the marks of epochs were drawn of
        self._range: tuple[float, float] | None = None  # of the upright axis, while it is fitted
        self.batches = Series()
        self.epochs: dict[str, tuple[list[float], list[float]]] = {TRAIN: ([], []), TEST: ([], [])}
        self.legend = Legend(heading, _COLOURS)
        self.plot = pg.PlotWidget(axisItems={"left": ValueAxis("left")})
        self.plot.setAccessibleName(f"{heading} over epochs")
        self._build_plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        follow(self, self._recolour)

    def _build_plot(self) -> None:
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.getViewBox().setMouseEnabled(x=True, y=False)
        item.getViewBox().disableAutoRange()
        item.getViewBox().sigRangeChangedManually.connect(lambda *_: self.zoomed.emit())
        item.getAxis("left").setWidth(_AXIS_WIDTH)
        item.getAxis("bottom").enableAutoSIPrefix(False)
        item.getAxis("left").enableAutoSIPrefix(False)
        style_plot(self.plot)
        for axis in ("left", "bottom"):  # with the grid they are most of the picture, and change rarely
            item.getAxis(axis).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._faint = item.plot(connect="finite")
        self._trend = item.plot(connect="finite", antialias=True)
        self._points = {
            name: item.plot(antialias=True, symbol="o", symbolSize=6, pxMode=True) for name in (TRAIN, TEST)
        }
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        item.addItem(self._cursor, ignoreBounds=True)
        self._markers: list[pg.InfiniteLine] = []
        self._best = item.plot(antialias=True, symbol="star", symbolSize=15, pxMode=True, pen=None)
        self._others = OtherRuns(item, self._drawn)
        self.plot.scene().sigMouseMoved.connect(self._mouse_moved)
        self.plot.viewport().installEventFilter(self)

    def _recolour(self) -> None:
        colours = [QColor(c) for c in theme.colours.series]
        self._faint.setPen(_mixed(colours[_COLOURS[TRAIN]], theme.color("surface"), 0.3))
        self._trend.setPen(pg.mkPen(colours[_COLOURS[TRAIN]], width=2))
        self._points[TRAIN].setPen(None)
        self._points[TEST].setPen(pg.mkPen(colours[_COLOURS[TEST]], width=2))
        for name, item in self._points.items():
            item.setSymbolBrush(theme.color("surface") if name == TRAIN else colours[_COLOURS[TEST]])
            item.setSymbolPen(pg.mkPen(colours[_COLOURS[name]], width=1.5))
        self._best.setSymbolBrush(colours[_COLOURS[TEST]])
        self._best.setSymbolPen(pg.mkPen(theme.color("surface"), width=1))
        self._others.recolour()
        self._cursor.setPen(pg.mkPen(theme.color("faint"), width=1))
        for marker in self._markers:
            self._colour_marker(marker)

    def _colour_marker(self, marker: pg.InfiniteLine) -> None:
        marker.setPen(pg.mkPen(theme.color("warning"), width=1, style=Qt.PenStyle.DashLine))
        if label := getattr(marker, "label", None):  # there only if it was given a text
            label.setColor(theme.color("warning"))

    # ---- contents

    def clear(self) -> None:
        self.batches.clear()
        for xs, ys in self.epochs.values():
            xs.clear()
            ys.clear()
        for marker in self._markers:
            self.plot.removeItem(marker)
        self._markers.clear()
        self._star = None
        self._marked.clear()

    def add_epoch(self, x: float, values: dict[str, float | None]) -> None:
        for name, value in values.items():
            if value is not None:
                self.epochs[name][0].append(x)
                self.epochs[name][1].append(value)

    def mark(self, x: float, text: str, labelled: bool) -> None:
        """A dashed line at x, where a setting was changed."""
        height = _HIGHEST - len(self._markers) % _HEIGHTS * _LOWER  # changes made together can still be read
        options = {"position": height, "anchors": [(0, 0.5), (1, 0.5)], "movable": False}
        marker = pg.InfiniteLine(x, 90, label=text if labelled else None, labelOpts=options)
        if labelled:
            marker.label.setFont(small_font())
        self._colour_marker(marker)
        self.plot.addItem(marker, ignoreBounds=True)
        self._markers.append(marker)

    def show_own(self, shown: bool) -> None:
        """Whether its own run is drawn beside the others."""
        for item in (self._faint, self._trend, self._best, *self._points.values(), *self._markers):
            item.setVisible(shown)

    def star(self, x: float, value: float | None) -> None:
        """Mark the best epoch, in the place of the one before."""
        self._star = None if value is None else (x, value)

    def show_others(self, runs: Sequence[OtherRun]) -> None:
        """Draw these runs beside this one, in the place of those before."""
        self._others.show(runs, self._span)

    @property
    def end(self) -> float:
        """Where the last of the other runs ends."""
        return self._others.end

    def smooth_over(self, span: float) -> None:
        """Draw the trend of about so many batches."""
        self._span = span
        self.batches.smooth_over(span)
        self._others.smooth(span)

    @property
    def markers(self) -> list[float]:
        """Where settings were changed, in epochs."""
        return [float(marker.value()) for marker in self._markers]

    def lines(self, run: str) -> list[Line]:
        """The numbers of its curves, as a table has them."""
        noun = self._heading.lower()
        each = self.batches.each
        what = f"training {noun} of the batch" if each == 1 else f"training {noun}, mean of {each} batches"
        batches = Line(run, what, self.batches.x.copy(), self.batches.y.copy())
        epochs = [Line(run, f"{name.lower()} {noun}", np.array(x), np.array(y)) for name, (x, y) in self.epochs.items()]
        return [batches, *epochs]

    # ---- drawing

    def set_logarithmic(self, on: bool) -> None:
        self._log, self._range = on, None
        self.plot.setLogMode(y=on)
        self.draw()

    def draw(self) -> None:
        """Draw what is in view, and fit the upright axis to it."""
        low, high = self.plot.viewRange()[0]
        points = max(self.plot.width(), 100)  # more than one a pixel costs time and shows nothing
        envelope = self.batches.envelope(low, high, points)
        trend = self.batches.trend(low, high, points // 2)
        self._faint.setData(envelope[0], self._drawn(envelope[1]))
        self._trend.setData(trend[0], self._drawn(trend[1]))
        tests = [self._draw_epochs(name, low, high) for name in (TRAIN, TEST)][-1]
        self._fit(envelope, trend, tests, *self._others.draw(low, high, points))

    def _draw_epochs(self, name: str, low: float, high: float) -> Curve:
        """Draw the marks of epochs in view, unless they are drawn already, and the best one's; those in view."""
        curve = thinned(np.asarray(self.epochs[name][0], float), np.asarray(self.epochs[name][1], float), low, high,
                        _MOST_EPOCHS)  # fmt: skip
        star = self._star if name == TEST else None
        key = (len(self.epochs[name][0]), low, high, self._log, star)
        if self._marked.get(name) != key:
            self._marked[name] = key
            self._points[name].setData(curve[0], self._drawn(curve[1]))
            if name == TEST:
                self._best.setData([star[0]] if star else [], self._drawn(np.array([star[1]] if star else [])))
        return curve

    def _drawn(self, values: np.ndarray) -> np.ndarray:
        return np.maximum(values * self._scale, _LEAST) if self._log else values * self._scale

    def _fit(self, *curves: Curve) -> None:
        values = np.concatenate([curve[1] for curve in curves])
        values = self._drawn(values[np.isfinite(values)])
        if not len(values):
            return
        if self._log:
            lowest, highest = float(np.log10(values.min())), float(np.log10(values.max()))
            margin = max(0.05 * (highest - lowest), 0.02)
            wanted = lowest - margin, highest + margin
        else:
            top = self._top or float(np.percentile(values, 99.5)) * 1.08 or 1.0  # a lone peak may leave the picture
            wanted = 0.0, top
        if not self._fits(*wanted):
            self._range = wanted if self._top or self._log else (0.0, wanted[1] * (1 + _ROOM) / 2)
            self.plot.setYRange(*self._range, padding=0)

    def _fits(self, low: float, high: float) -> bool:
        """Whether the axis as it is holds these values without too much room to spare."""
        if self._range is None:
            return False
        spare = (self._range[1] - self._range[0]) / max(high - low, 1e-12)
        return self._range[0] <= low + 1e-12 and high <= self._range[1] + 1e-12 and spare <= _ROOM

    # ---- reading

    def show_values(self, x: float) -> None:
        """Put the values at an epoch into the legend, the latest for NaN, and the cursor there."""
        if not len(self.batches):
            return
        index = len(self.batches) - 1 if np.isnan(x) else self.batches.nearest(x)
        self.legend.set_value(TRAIN, self._shown(float(self.batches.smooth[index])))
        xs, ys = self.epochs[TEST]
        done = len(xs) if np.isnan(x) else bisect_right(xs, x)
        self.legend.set_value(TEST, self._shown(ys[done - 1] if done else None))
        self._cursor.setVisible(not np.isnan(x))
        if not np.isnan(x):
            self._cursor.setValue(self.batches.x[index])

    def _mouse_moved(self, place: QPointF) -> None:
        box = self.plot.getPlotItem().getViewBox()
        if box.sceneBoundingRect().contains(place):
            self.pointed.emit(box.mapSceneToView(place).x())
        else:
            self.pointed.emit(float("nan"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(float("nan"))
        return super().eventFilter(watched, event)


def _mixed(colour: QColor, background: QColor, share: float) -> QColor:
    """A faint colour without transparency, which is slow to draw."""

    def mixed(over: int, under: int) -> int:
        return round(share * over + (1 - share) * under)

    return QColor(
        mixed(colour.red(), background.red()),
        mixed(colour.green(), background.green()),
        mixed(colour.blue(), background.blue()),
    )
