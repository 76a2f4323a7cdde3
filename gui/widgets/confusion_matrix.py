"""Which classes are taken for which: a heat map with numbers, whose cells can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme
from ..tokens import SEQUENTIAL_MAP
from .colours import LEVELS, Scale, table

_NUMBERED = 16
"""Pixels of a cell from which on its number is written into it."""
_NAMED = 12
_MOST_NAME = 72
_LARGEST = 44


class ConfusionMatrix(QWidget):
    """Rows are true classes, columns what images were taken for.

    `chosen(true, given)` is sent when a cell is clicked, or reached by the arrow keys; `pointed(true, given)` tells the
    cell under the mouse, −1 and −1 for none.
    """

    chosen = Signal(int, int)
    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._shares = False
        self._cell: tuple[int, int] | None = None
        follow(self, self.update)

    # ---- contents

    def show_counts(self, counts: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show counts (K, K): [true, given]."""
        if len(names) != len(self._names):
            self._cell = None
        self._counts, self._names = counts, tuple(names)
        self._speak()
        self.update()

    def show_shares(self, on: bool) -> None:
        """Whether each row is shown as shares of its images, or as counts."""
        self._shares = on
        self.update()

    @property
    def cell(self) -> tuple[int, int] | None:
        """The cell that is chosen: true class and what it was taken for."""
        return self._cell

    @property
    def values(self) -> NDArray[np.float64]:
        """What is shown: counts, or shares of each row (zero where there are no images)."""
        counts = self._counts.astype(np.float64)
        if not self._shares:
            return counts
        return counts / np.maximum(counts.sum(1, keepdims=True), 1)

    @property
    def scale(self) -> Scale:
        """The colours, from zero to the largest value."""
        return Scale(SEQUENTIAL_MAP, 0.0, 1.0 if self._shares else float(self._counts.max(initial=0)))

    def text(self, true: int, given: int) -> str:
        """A cell in words: how many images, and their share of the class."""
        count, total = int(self._counts[true, given]), int(self._counts[true].sum())
        share = f" ({100 * count / total:.1f} % of {total:,})" if total else ""
        verb = "recognised" if true == given else f"taken for {self._names[given]}"
        return f"{self._names[true]} {verb}: {count:,}{share}"

    # ---- geometry

    def _margins(self) -> tuple[float, float]:
        """Pixels at the left and at the top for the names of the classes."""
        metrics = QFontMetrics(small_font())
        longest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        return min(longest, _MOST_NAME) + 28.0, 16.0 + (
            16.0 if self._upright(longest) else min(longest, _MOST_NAME) + 8
        )

    def _upright(self, longest: int) -> bool:
        """Whether the names of columns fit beside each other."""
        room = min(self.width() - min(longest, _MOST_NAME) - 28, self.height() - 32) / max(len(self._names), 1)
        return longest + 2 <= min(room, _LARGEST)

    def matrix(self) -> QRectF:
        """Where the cells are."""
        left, top = self._margins()
        count = max(len(self._names), 1)
        side = max(min(self.width() - left, self.height() - top, _LARGEST * count), 8)
        side = side // count * count if side >= count else side
        return QRectF(left, top, side, side)

    def rect_of(self, true: int, given: int) -> QRectF:
        """Where a cell is."""
        whole, count = self.matrix(), len(self._names)
        side = whole.width() / count
        return QRectF(whole.x() + given * side, whole.y() + true * side, side, side)

    def _at(self, place: QPointF) -> tuple[int, int] | None:
        whole, count = self.matrix(), len(self._names)
        if not count or not whole.contains(place):
            return None
        side = whole.width() / count
        true, given = int((place.y() - whole.y()) / side), int((place.x() - whole.x()) / side)
        return min(true, count - 1), min(given, count - 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(144, 144)

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self._names:
            return
        painter = QPainter(self)
        whole, values, high = self.matrix(), self.values, self.scale.high
        indices = (values / (high or 1.0) * (LEVELS - 1) + 0.5).astype(np.uint8)
        pixels = np.ascontiguousarray(table(SEQUENTIAL_MAP)[indices])
        count = len(self._names)
        image = QImage(pixels.data, count, count, 3 * count, QImage.Format.Format_RGB888)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, whole.width() < count)
        painter.drawImage(whole, image)
        side = whole.width() / count
        painter.setFont(small_font())
        if side >= _NUMBERED:
            self._paint_numbers(painter, values, pixels)
        self._paint_names(painter, whole, side)
        if self._cell is not None:
            painter.setPen(QPen(theme.color("warning"), 2))
            painter.drawRect(self.rect_of(*self._cell).adjusted(1, 1, -1, -1))

    def _paint_numbers(self, painter: QPainter, values: NDArray[np.float64], pixels: NDArray[np.uint8]) -> None:
        light = pixels.astype(float) @ np.array([0.299, 0.587, 0.114]) > 140
        metrics = painter.fontMetrics()
        for true, given in zip(*np.nonzero(values)):
            text = f"{100 * values[true, given]:.0f}" if self._shares else f"{int(values[true, given]):,}"
            place = self.rect_of(true, given)
            if metrics.horizontalAdvance(text) > place.width():
                continue
            painter.setPen(QColor("#101418") if light[true, given] else QColor("#ffffff"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter, whole: QRectF, side: float) -> None:
        metrics = painter.fontMetrics()
        longest = max(metrics.horizontalAdvance(name) for name in self._names)
        painter.setPen(theme.color("muted"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(whole.x(), 0, whole.width(), 14), Qt.AlignmentFlag.AlignCenter, "taken for")
        painter.save()
        painter.translate(0, whole.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-60, 0, 120, 14), Qt.AlignmentFlag.AlignCenter, "true class")
        painter.restore()
        if side < _NAMED:
            return
        upright = self._upright(longest)
        for i, name in enumerate(self._names):
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _MOST_NAME)
            painter.setPen(theme.color("text" if self._cell is not None and i == self._cell[0] else "muted"))
            painter.drawText(QRectF(14, whole.y() + i * side, whole.x() - 20, side), right, shown)
            painter.setPen(theme.color("text" if self._cell is not None and i == self._cell[1] else "muted"))
            if upright:
                place = QRectF(whole.x() + i * side, whole.y() - 16, side, 14)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
            else:
                painter.save()
                painter.translate(whole.x() + (i + 0.5) * side, whole.y() - 4)
                painter.rotate(-90)
                painter.drawText(QRectF(0, -side / 2, _MOST_NAME + 4, side), Qt.AlignmentFlag.AlignVCenter, shown)
                painter.restore()

    # ---- pointing and choosing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointed.emit(*(self._at(event.position()) or (-1, -1)))

    def leaveEvent(self, event: object) -> None:  # noqa: N802
        self.pointed.emit(-1, -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        cell = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.choose(*cell)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        if self._cell is None and self._names and event.reason() == Qt.FocusReason.TabFocusReason:
            self.choose(0, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        steps = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._names:
            super().keyPressEvent(event)
            return
        true, given = self._cell or (0, 0)
        last = len(self._names) - 1
        self.choose(min(max(true + step[0], 0), last), min(max(given + step[1], 0), last))

    def choose(self, true: int, given: int) -> None:
        """Choose a cell, if there is one."""
        if not max(true, given) < len(self._names):
            return
        self._cell = (true, given)
        self._speak()
        self.chosen.emit(true, given)
        self.update()

    def _speak(self) -> None:
        self.setAccessibleDescription("" if self._cell is None else self.text(*self._cell))
