"""The activations of a layer without rows and columns: one bar a unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme
from .figures import plain

_MARGIN = 56.0
_TOP = 12.0
_BOTTOM = 24.0


class VectorBars(QWidget):
    """Bars from a zero line, positive and negative in two colours. `pointed(index)` is the unit under the mouse or -1.

    When there are more units than pixels, one bar stands for several and reaches from their least to their greatest.
    """

    pointed = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._values: NDArray[Any] = np.zeros(0, np.float32)
        follow(self, self.update)

    def show_values(self, values: NDArray[Any]) -> None:
        """Show activations (units,)."""
        self._values = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        self.update()

    @property
    def values(self) -> NDArray[Any]:
        return self._values

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(120, 80)

    def _frame(self) -> QRectF:
        return QRectF(_MARGIN, _TOP, max(self.width() - _MARGIN - 12, 8), max(self.height() - _TOP - _BOTTOM, 8))

    def _range(self) -> tuple[float, float]:
        low, high = min(float(self._values.min()), 0.0), max(float(self._values.max()), 0.0)
        return (low, high) if high > low else (0.0, 1.0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not len(self._values):
            return
        painter = QPainter(self)
        frame, (low, high) = self._frame(), self._range()
        self._paint_axis(painter, frame, low, high)
        groups = min(len(self._values), int(frame.width()))
        edges = np.linspace(0, len(self._values), groups + 1).astype(int)
        tops = np.maximum(np.maximum.reduceat(self._values, edges[:-1]), 0.0)
        bottoms = np.minimum(np.minimum.reduceat(self._values, edges[:-1]), 0.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, groups < frame.width() / 3)
        painter.setPen(Qt.PenStyle.NoPen)
        step, scale = frame.width() / groups, frame.height() / (high - low)
        width = max(min(step * 0.8, 32.0), 1.0)
        zero = frame.bottom() + low * scale
        for values, colour in ((tops, theme.colours.series[0]), (bottoms, theme.colours.series[1])):
            painter.setBrush(QColor(colour))
            lefts = frame.left() + (np.arange(groups) + 0.5) * step - width / 2
            heights = np.abs(values) * scale
            ys = zero - heights if values is tops else np.full(groups, zero)
            painter.drawRects([QRectF(x, y, width, h) for x, y, h in zip(lefts, ys, heights) if h > 0.2])

    def _paint_axis(self, painter: QPainter, frame: QRectF, low: float, high: float) -> None:
        painter.setFont(small_font())
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        scale = frame.height() / (high - low)
        levels = {level for level in (low, 0.0, high) if level == 0.0 or abs(level) * scale > 14}
        for level in levels:
            y = frame.bottom() - (level - low) * scale
            painter.setPen(theme.color("line"))
            painter.drawLine(int(frame.left()), round(y), int(frame.right()), round(y))
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(0, y - 8, frame.left() - 8, 16), right, plain(level))
        under = QRectF(frame.left(), frame.bottom() + 6, frame.width(), 16)
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, "1")
        painter.drawText(under, Qt.AlignmentFlag.AlignRight, f"{len(self._values):,}")
        painter.drawText(under, Qt.AlignmentFlag.AlignHCenter, "unit")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        frame = self._frame()
        share = (event.position().x() - frame.left()) / frame.width()
        inside = len(self._values) and 0 <= share < 1
        self.pointed.emit(int(share * len(self._values)) if inside else -1)

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        self.pointed.emit(-1)
