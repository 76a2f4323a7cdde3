"""Loss and accuracy while a network learns."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from convscope.engine.train.events import Batch, Changed, Ended, Epoch

from ..tokens import SMALL
from ..widgets import figures
from ..widgets.curve_plot import TEST, TRAIN, CurvePlot
from ..widgets.empty import WithEmptyState
from ..widgets.export import ExportMenu
from ..work.posts import RunStarted

DRAW_MS = 100  # between drawing one plot and the other


class CurvesView(QWidget):
    """Two plots over a common axis of epochs. A run that goes on with a trained model goes on with its curves."""

    title = "Curves"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._offset = 0.0  # epochs of earlier runs of this model
        self._last = 0.0
        self._end = 1.0
        self._zoomed = False
        self._cursor = math.nan
        self._stale: dict[CurvePlot, None] = {}
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(DRAW_MS)
        self._redraw.timeout.connect(self._draw)
        self._build()
        session.run_started.connect(self._start)
        session.batches.connect(self._add_batches)
        session.epoch_ended.connect(self._add_epoch)
        session.changed.connect(self._mark)
        session.ended.connect(self._finish)

    def _build(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Curves of loss and accuracy")
        self.loss = CurvePlot("Loss", figures.loss)
        self.accuracy = CurvePlot("Accuracy", figures.percent, scale=100.0, top=104.0)
        self.loss.plot.getAxis("bottom").setStyle(showValues=False)
        self.accuracy.plot.setLabel("bottom", "epoch", **{"font-size": f"{SMALL}px"})
        self.accuracy.plot.setXLink(self.loss.plot)
        for plot in (self.loss, self.accuracy):
            plot.pointed.connect(self._point)
            plot.zoomed.connect(self._note_zoom)
        self._where = QLabel()
        self._where.setProperty("role", "small")
        self._log = QCheckBox("Log")
        self._log.setAccessibleName("Logarithmic loss axis")
        self._log.setToolTip("Logarithmic loss axis")
        self._log.toggled.connect(self.loss.set_logarithmic)
        self.loss.legend.add(self._log)
        self.accuracy.legend.add(self._where)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self.loss, 1)
        column.addWidget(self.accuracy, 1)
        self._stack = WithEmptyState(content, "Press Train to see the curve.")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        everything = QAction("Show everything", self)
        everything.setShortcut(Qt.Key.Key_Home)
        everything.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        everything.triggered.connect(self.show_everything)
        self.addAction(everything)
        self._export = ExportMenu(self, "curves", self._session.message.emit, [everything])
        for plot in (self.loss.plot, self.accuracy.plot):
            plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    # ---- taking

    def _start(self, run: RunStarted) -> None:
        if run.fresh:
            self.loss.clear()
            self.accuracy.clear()
            self._last = 0.0
        self._offset = self._last
        self._end = self._offset + run.started.epochs
        self._zoomed = False
        self._stack.show_content()
        self.show_everything()

    def _add_batches(self, events: list[Batch]) -> None:
        xs = [self._offset + e.epoch - 1 + e.batch / e.batches for e in events]
        self.loss.batches.extend(xs, [e.loss for e in events])
        self.accuracy.batches.extend(xs, [e.accuracy for e in events])
        self._last = xs[-1]
        self._schedule()

    def _add_epoch(self, event: Epoch) -> None:
        x = self._offset + event.epoch
        self.loss.add_epoch(x, {TRAIN: event.train_loss, TEST: event.test_loss})
        self.accuracy.add_epoch(x, {TRAIN: event.train_accuracy, TEST: event.test_accuracy})
        self._schedule()

    def _mark(self, event: Changed) -> None:
        text = f"{event.setting.replace('_', ' ')} {event.value:g}"
        self.loss.mark(self._last, text, labelled=True)
        self.accuracy.mark(self._last, text, labelled=False)

    def _finish(self, event: Ended) -> None:
        self._end = self._last or 1.0
        if not self._zoomed:
            self.show_everything()
        self._schedule()

    # ---- drawing

    def _schedule(self) -> None:
        """Have both plots drawn soon; one at a time, so that neither keeps the window waiting for the other."""
        self._stale.update(dict.fromkeys((self.loss, self.accuracy)))
        if self.isVisible() and not self._redraw.isActive():
            self._redraw.start()

    def _draw(self) -> None:
        plot = next(iter(self._stale))  # the one that has waited longer
        del self._stale[plot]
        plot.draw()
        plot.show_values(self._cursor)
        if self._stale:
            self._redraw.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._schedule()

    def show_everything(self) -> None:
        """Show the whole run, and follow it."""
        self._zoomed = False
        self.loss.plot.setXRange(0.0, self._end, padding=0.01)
        self._schedule()

    def _note_zoom(self) -> None:
        self._zoomed = True
        self._schedule()

    def _point(self, x: float) -> None:
        self._cursor = x
        for plot in (self.loss, self.accuracy):
            plot.show_values(x)
        known = not math.isnan(x) and len(self.loss.batches)
        self._where.setText(f"epoch {self.loss.batches.x[self.loss.batches.nearest(x)]:.2f}" if known else "")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.show_everything()
