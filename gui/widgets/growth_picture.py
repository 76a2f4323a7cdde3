"""The cone of values that one unit sees, layer by layer down to the image."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convscope.engine.teach import Growth

from ..theme import follow, small_font, theme

_ROW = 44
_LEFT, _RIGHT = 160, 190
_WIDEST = 900
_SPACE = 28.0  # pixels between neighbouring pixels of the image, at most
_DOT = 7.0


class GrowthPicture(QWidget):
    """One row a layer, the last on top: the units that it needs, and how its field came about."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(_WIDEST)
        self._growth: Growth | None = None
        follow(self, self.update)

    def show_growth(self, growth: Growth) -> None:
        self._growth = growth
        self.setAccessibleDescription("; ".join(f"layer {i}: {s.text}" for i, s in enumerate(growth.steps, 1)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        rows = 1 if self._growth is None else len(self._growth.steps) + 1
        return QSize(640, rows * _ROW + 8)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(480, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._growth is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font())
        rows = self._rows(self._growth)
        self._paint_cones(painter, rows)
        for number, (y, centres) in enumerate(rows):
            self._paint_texts(painter, y, number)
            painter.setPen(Qt.PenStyle.NoPen)
            size = min(_DOT, 0.8 * (centres[1] - centres[0])) if len(centres) > 1 else _DOT
            painter.setBrush(theme.category("input" if number == 0 else "convolution"))
            for x in centres:
                painter.drawRect(QRectF(x - size / 2, y - size / 2, size, size))

    def _rows(self, growth: Growth) -> list[tuple[float, list[float]]]:
        """Height and unit centres of the image and of each layer, the image first, the last layer on top."""
        wide = max(self.width() - _LEFT - _RIGHT, 64)
        pixel = min(_SPACE, wide / growth.needed)
        middle = _LEFT + wide / 2
        counts = [growth.needed, *(step.needed for step in growth.steps)]
        paces = [1, *(step.stride for step in growth.steps)]
        rows = []
        for number, (count, pace) in enumerate(zip(counts, paces)):
            y = self.height() - (number + 0.5) * _ROW - 4
            rows.append((y, [middle + (i - (count - 1) / 2) * pace * pixel for i in range(count)]))
        return rows

    def _paint_cones(self, painter: QPainter, rows: list[tuple[float, list[float]]]) -> None:
        """What the outermost units of each layer read of the layer below."""
        assert self._growth is not None
        fill = theme.color("selection")
        for step, ((low, below), (high, above)) in zip(self._growth.steps, pairwise(rows)):
            corners = [(above[0], high), (above[-1], high), (below[-1], low), (below[0], low)]
            painter.setPen(Qt.PenStyle.NoPen)
            fill.setAlphaF(0.6)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
            painter.setPen(QPen(theme.color("wire"), 1))
            for unit, x in ((0, above[0]), (len(above) - 1, above[-1])):
                first = unit * step.stride_of_layer
                for read in below[first : first + step.kernel]:
                    painter.drawLine(QPointF(x, high), QPointF(read, low))

    def _paint_texts(self, painter: QPainter, y: float, number: int) -> None:
        assert self._growth is not None
        left, right = QRectF(0, y - 10, _LEFT - 16, 20), QRectF(self.width() - _RIGHT + 16, y - 10, _RIGHT - 16, 20)
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.color("muted"))
        if number == 0:
            painter.drawText(left, centre | Qt.AlignmentFlag.AlignRight, "image")
            painter.drawText(right, centre, f"{self._growth.needed} pixels")
            return
        step = self._growth.steps[number - 1]
        stride = f", stride {step.stride_of_layer}" if step.stride_of_layer > 1 else ""
        painter.drawText(left, centre | Qt.AlignmentFlag.AlignRight, f"layer {number}: kernel {step.kernel}{stride}")
        painter.setPen(theme.color("text"))
        painter.drawText(right, centre, f"sees {step.text}")
