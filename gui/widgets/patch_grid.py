"""Patches of images that excite a unit, with their values, each beside what was projected back from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme
from .fitted_picture import qimage

_GAP, _LINE, _LARGEST, _RIM = 12, 18, 224, 2
_FEW = 96  # pixels a side up to which they are blocks
_KEYS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class PatchGrid(QWidget):
    """`pointed(number)` is the patch under the mouse or chosen with arrow keys or a click, -1 for none."""

    pointed = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._patches: list[QImage] = []
        self._beside: list[QImage | None] = []
        self._texts: list[str] = []
        self._pairs = False
        self.current = -1
        follow(self, self.update)

    def show_patches(self, patches: Sequence[NDArray[Any]], texts: Sequence[str], pairs: bool) -> None:
        """Show patches (h, w, 3) with a text below each; with `pairs` there is a place beside each for a picture."""
        self._patches, self._texts, self._pairs = [qimage(patch) for patch in patches], list(texts), pairs
        self._beside = [None] * len(patches)
        self.current = min(self.current, len(patches) - 1)
        self.setAccessibleDescription("; ".join(texts))
        self.update()

    def show_beside(self, number: int, pixels: NDArray[Any]) -> None:
        """Put a picture (h, w, 3) beside a patch."""
        if number < len(self._beside):
            self._beside[number] = qimage(pixels)
            self.update()

    @property
    def count(self) -> int:
        """Patches in view."""
        return len(self._patches)

    @property
    def beside(self) -> int:
        """Pictures that are there already."""
        return sum(picture is not None for picture in self._beside)

    # ---- geometry

    def _shape(self) -> tuple[int, float]:
        """Columns, and the side of a patch: the grid that shows them largest."""
        count, wide = max(len(self._patches), 1), 2 if self._pairs else 1
        best = (1, 0.0)
        for columns in range(1, count + 1):
            rows = math.ceil(count / columns)
            across = (self.width() - 2 * _RIM - (columns - 1) * _GAP - columns * (wide - 1) * 2) / (columns * wide)
            side = min(across, (self.height() - 2 * _RIM - rows * (_LINE + _GAP)) / rows, _LARGEST)
            if side > best[1]:
                best = (columns, side)
        return best

    def cell(self, number: int) -> QRectF:
        """The place of a patch, its picture and its text."""
        columns, side = self._shape()
        row, column = divmod(number, columns)
        width = side * 2 + 2 if self._pairs else side
        left, top = _RIM + column * (width + _GAP), _RIM + row * (side + _LINE + _GAP)
        return QRectF(left, top, width, side + _LINE)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(480, 360)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 160)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setFont(small_font())
        _, side = self._shape()
        for number, patch in enumerate(self._patches):
            cell = self.cell(number)
            self._paint_picture(painter, QRectF(cell.left(), cell.top(), side, side), patch)
            beside = self._beside[number]
            if self._pairs:
                place = QRectF(cell.left() + side + 2, cell.top(), side, side)
                painter.fillRect(place, theme.color("raised"))
                if beside is not None:
                    self._paint_picture(painter, place, beside)
            painter.setPen(theme.color("text" if number == self.current else "muted"))
            below = QRectF(cell.left(), cell.top() + side, cell.width(), _LINE)
            text = painter.fontMetrics().elidedText(self._texts[number], Qt.TextElideMode.ElideRight, int(cell.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
        if 0 <= self.current < len(self._patches):
            cell = self.cell(self.current)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(cell.left(), cell.top(), cell.width(), side).adjusted(-1, -1, 1, 1))

    def _paint_picture(self, painter: QPainter, place: QRectF, image: QImage) -> None:
        zoom = min(place.width() / image.width(), place.height() / image.height())
        size = QPointF(image.width() * zoom, image.height() * zoom)
        corner = place.center() - size / 2
        smooth = max(image.width(), image.height()) >= _FEW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(QRectF(corner.x(), corner.y(), size.x(), size.y()), image)

    # ---- pointing

    def _at(self, point: QPointF) -> int:
        return next((i for i in range(len(self._patches)) if self.cell(i).contains(point)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        found = self._at(event.position())
        if found >= 0 and found != self.current:
            self.choose(found)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.choose(self._at(event.position()))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        if self.current < 0 and self._patches and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.choose(0)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None or not self._patches:
            super().keyPressEvent(event)
            return
        columns, _ = self._shape()
        wanted = max(self.current, 0) + step[0] * columns + step[1]
        if 0 <= wanted < len(self._patches):
            self.choose(wanted)

    def choose(self, number: int) -> None:
        """Choose a patch, -1 for none."""
        self.current = number
        self.pointed.emit(number)
        self.update()
