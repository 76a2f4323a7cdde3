"""Loss and accuracy while a network learns."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFileDialog,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.train.events import Batch, Changed, Ended, Epoch

from ..accessible import named
from ..icons import set_icon
from ..theme import follow, theme
from ..tokens import SMALL
from ..widgets import figures
from ..widgets.curve_plot import TEST, TRAIN, CurvePlot
from ..widgets.empty import WithEmptyState
from ..widgets.export import ExportMenu
from ..widgets.other_runs import OtherRun
from ..widgets.run_list import colour_of
from ..widgets.series import SPAN
from ..work.curve_table import lines_of, save_table
from ..work.history import History, best_epoch, changed_text
from ..work.posts import RunStarted
from ..work.shelf import SideBySide

_EMPTY = "Press Train to see the curve."
_SPANS = {"Every batch": 1.0, f"Mean of {SPAN:g}": SPAN, "Mean of 100": 100.0, "Mean of 400": 400.0}
_FIRST_OUTLOOK = 32.0  # epochs of a long run that are shown at first
_WIDE = 1.8  # so many times as wide as high, there is room for two plots side by side
DRAW_MS = 25  # between drawing one plot and the other


class CurvesView(QWidget):
    """Two plots over a common axis of epochs. A run that goes on with a trained model goes on with its curves."""

    title = "Curves"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._offset = 0.0  # epochs of earlier runs of this model
        self._last = 0.0
        self._end = 0.0
        self._seen = 1.0  # where the axis ends that shows everything
        self._run = self._title = ""  # of the run of this session: its id if it is kept, and what to call it
        self._best: Epoch | None = None
        self._others: tuple[History, ...] = ()
        self._zoomed = False
        self._cursor = math.nan
        self._stale: dict[CurvePlot, None] = {}
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.timeout.connect(self._draw)
        self._build()
        session.run_started.connect(self._start)
        session.batches.connect(self._add_batches)
        session.snapshot.connect(self.draw_soon)
        session.epoch_ended.connect(self._add_epoch)
        session.changed.connect(self._mark_change)
        session.runs.compared.connect(self._show_others)
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
        self.loss.legend.add(self._build_smoothing())
        self.loss.legend.add(self._log)
        self.accuracy.legend.add(self._where)
        self._names = QLabel()
        self._names.setAccessibleName("Runs in the plots")
        # It wraps nowhere: a label that does makes its scroll area give every plot all the height it would like.
        self._names.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._names.hide()
        follow(self, self._name_others)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self._names)
        self._plots = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._plots.setSpacing(8)
        self._plots.addWidget(self.loss, 1)
        self._plots.addWidget(self.accuracy, 1)
        column.addLayout(self._plots, 1)
        self._stack = WithEmptyState(content, _EMPTY)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        everything = QAction("Show everything", self)
        everything.setShortcut(Qt.Key.Key_Home)
        everything.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        everything.triggered.connect(self.show_everything)
        self.addAction(everything)
        table = QAction("Save as CSV…", self)
        table.triggered.connect(self._ask_table)
        self._export = ExportMenu(self, "curves", self._session.message.emit, [everything, table])
        for plot in (self.loss.plot, self.accuracy.plot):
            plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def _build_smoothing(self) -> QToolButton:
        """A button with the widths of the mean that the trend is."""
        self.smoothing = QActionGroup(self)
        button = named(QToolButton(), "Smoothing", "How many batches the trend is the mean of")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(button, "sliders-horizontal", "muted")
        menu = QMenu(button)
        for text, span in _SPANS.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(span == SPAN)
            action.setData(span)
            self.smoothing.addAction(action)
        self.smoothing.triggered.connect(self._smooth)
        button.setMenu(menu)
        return button

    # ---- taking

    def _start(self, run: RunStarted) -> None:
        if run.fresh:
            self.loss.clear()
            self.accuracy.clear()
            self._best = None
            self._last = 0.0
        self._offset = self._last
        if run.history is not None:
            self._take_up(run.history)
        self._run = run.started.run or ""
        self._title = self._run or run.started.network
        self._end = self._offset + run.started.epochs
        self._zoomed = False
        self._show_own()
        self._stack.show_content()
        self.show_everything()
        self._name_others()

    def _take_up(self, history: History) -> None:
        """Show what came before in a run that is resumed, and where it goes on."""
        self.loss.batches.put(history.batches[0], history.batches[1])
        self.accuracy.batches.put(history.batches[0], history.batches[2])
        for epoch in history.epochs:
            self._add_epoch(epoch)
        for mark in history.marks:
            self._mark(mark.x, mark.text)
        self._last = float(history.batches[0, -1]) if history.batches.size else 0.0
        self._mark(self._last, "resumed")

    def _add_batches(self, events: list[Batch]) -> None:
        xs = [self._offset + e.epoch - 1 + e.batch / e.batches for e in events]
        self.loss.batches.extend(xs, [e.loss for e in events])
        self.accuracy.batches.extend(xs, [e.accuracy for e in events])
        self._last = xs[-1]
        if not self._zoomed and self._last > self._seen:
            self.show_everything()

    def _add_epoch(self, event: Epoch) -> None:
        x = self._offset + event.epoch
        self.loss.add_epoch(x, {TRAIN: event.train_loss, TEST: event.test_loss})
        self.accuracy.add_epoch(x, {TRAIN: event.train_accuracy, TEST: event.test_accuracy})
        if best_epoch([*filter(None, [self._best]), event]) is event:
            self._best = event
            self.loss.star(x, event.test_loss)
            self.accuracy.star(x, event.test_accuracy)

    def _mark_change(self, event: Changed) -> None:
        self._mark(self._last, changed_text(event.setting, event.value))

    def _mark(self, x: float, text: str) -> None:
        self.loss.mark(x, text, labelled=True)
        self.accuracy.mark(x, text, labelled=False)

    def _finish(self, event: Ended) -> None:
        self._end = self._last
        if not self._zoomed:
            self.show_everything()
        self.draw_soon()

    # ---- other runs, and how curves are shown

    def _show_others(self, found: SideBySide) -> None:
        """Draw the runs that are chosen beside the one of this session."""
        self._others = found.histories
        for plot, row, test in ((self.loss, 1, "test_loss"), (self.accuracy, 2, "test_accuracy")):
            plot.show_others([_other(place, one, row, test) for place, one in enumerate(self._others)])
        self._show_own()
        self._name_others()
        if self._others or self._title:
            self._stack.show_content()
        else:
            self._stack.show_sentence(_EMPTY)
        self.show_everything()

    def _show_own(self) -> None:
        """Draw the session's run in its own colours, unless it is among the others and stands still."""
        twice = self._session.state == "idle" and any(one.run == self._run for one in self._others)
        for plot in (self.loss, self.accuracy):
            plot.show_own(not twice)

    def _name_others(self) -> None:
        """Name the runs in the colours of their curves; what a broken line is."""
        named_ = [(colour_of(place), one.title) for place, one in enumerate(self._others)]
        marks = [f'<span style="color:{theme.colours.series[c]}">━</span> {escape(text)}' for c, text in named_]
        self._names.setText("&nbsp;&nbsp; ".join([*marks, "╌ training, ━ test"]))
        self._names.setToolTip("\n".join(one.title for one in self._others))
        self._names.setVisible(bool(self._others))

    def _smooth(self, action: QAction) -> None:
        for plot in (self.loss, self.accuracy):
            plot.smooth_over(action.data())
        self.draw_soon()

    # ---- the numbers

    def _ask_table(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save curves", "curves.csv", "Table (*.csv)")
        if path:
            self.save_table(path)

    def save_table(self, path: str) -> None:
        """Write the numbers of all curves in view as a table; how it went is told as a message."""
        lines = [line for plot in (self.loss, self.accuracy) for line in plot.lines(self._title)]
        lines += [line for one in self._others for line in lines_of(one)]
        self._session.consider("curves table", lambda: save_table(lines, path), self._tell_saved)

    def _tell_saved(self, found: Any) -> None:
        failed = isinstance(found, Exception)
        self._session.message.emit(str(found) if failed else f"Saved {found}.", failed)

    # ---- drawing

    def draw_soon(self, _cause: Any = None) -> None:
        """Have both plots drawn, one at a time, so that neither keeps the window waiting for the other.

        While a run is on they are drawn when the other views look, at the pace that all of them share.
        """
        self._stale.update(dict.fromkeys((self.loss, self.accuracy)))
        if self.isVisible() and not self._redraw.isActive():
            self._redraw.start(0)

    def _draw(self) -> None:
        plot = next(iter(self._stale))  # the one that has waited longer
        del self._stale[plot]
        plot.draw()
        plot.show_values(self._cursor)
        if self._stale:
            self._redraw.start(DRAW_MS)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The plots stand above each other, or side by side where there is the room."""
        super().resizeEvent(event)
        wide = self.width() > _WIDE * self.height()
        direction = QBoxLayout.Direction
        self._plots.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.loss.plot.getAxis("bottom").setStyle(showValues=wide)
        self.loss.plot.setLabel("bottom", "epoch" if wide else None, **{"font-size": f"{SMALL}px"})
        self.loss.plot.showLabel("bottom", wide)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.draw_soon()

    def show_everything(self) -> None:
        """Show the whole run, and follow it."""
        self._zoomed = False
        self._seen = max(min(self._end, self._outlook()), self.loss.end) or 1.0
        self.loss.plot.setXRange(0.0, self._seen, padding=0.01)
        self.draw_soon()

    def _outlook(self) -> float:
        """How many epochs of a long run are shown: more of them each time that it has come so far."""
        shown = _FIRST_OUTLOOK
        while shown < self._last:
            shown *= 2
        return shown

    def _note_zoom(self) -> None:
        self._zoomed = True
        self.draw_soon()

    def _point(self, x: float) -> None:
        self._cursor = x
        for plot in (self.loss, self.accuracy):
            plot.show_values(x)
        known = not math.isnan(x) and len(self.loss.batches)
        self._where.setText(f"epoch {self.loss.batches.x[self.loss.batches.nearest(x)]:.2f}" if known else "")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.show_everything()


def _other(place: int, history: History, row: int, test: str) -> OtherRun:
    """A run as a plot draws it: a row of its batches, and a figure of its epochs."""
    tested = [(epoch.epoch, value) for epoch in history.epochs if (value := getattr(epoch, test)) is not None]
    tests = np.array(tested, float).reshape(-1, 2)
    return OtherRun(colour_of(place), (history.batches[0], history.batches[row]), (tests[:, 0], tests[:, 1]))
