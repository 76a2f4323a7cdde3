"""Boxes of pixels drawn over a picture, and which pixel of it is under the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

Box = tuple[float, float, float, float]
"""Top, bottom, left, right in pixels of the picture; the ends are excluded."""

_BRIGHT, _DARK = QColor("#ffffff"), QColor("#101418")
_FILL = QColor(255, 196, 0, 30)


def paint_box(painter: QPainter, place: QRectF, size: tuple[int, int], box: Box) -> None:
    """Draw a box over a picture of `size` (rows, columns) that stands at `place`; what lies outside it is cut off.

    Two lines, one light and one dark, so that it is seen on every picture.
    """
    down, across = place.height() / size[0], place.width() / size[1]
    top, bottom, left, right = box
    frame = QRectF(
        place.left() + left * across, place.top() + top * down, (right - left) * across, (bottom - top) * down
    )
    painter.save()
    painter.setClipRect(place.adjusted(-2, -2, 2, 2))
    frame = frame.intersected(place.adjusted(-8, -8, 8, 8))
    painter.setBrush(_FILL)
    painter.setPen(QPen(_DARK, 3))
    painter.drawRect(frame)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_BRIGHT, 1))
    painter.drawRect(frame)
    painter.restore()


def pixel_at(place: QRectF, size: tuple[int, int], point: QPointF) -> tuple[int, int] | None:
    """Row and column of the pixel at a point; None outside the picture."""
    if not place.contains(point) or place.isEmpty():
        return None
    row = int((point.y() - place.top()) / place.height() * size[0])
    column = int((point.x() - place.left()) / place.width() * size[1])
    return min(row, size[0] - 1), min(column, size[1] - 1)
