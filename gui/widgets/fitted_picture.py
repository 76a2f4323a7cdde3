"""A picture that fills its place as well as its proportions allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, theme
from .pixel_box import Box, paint_box, pixel_at

_FEW = 96
"""Pictures with fewer pixels a side are shown as blocks without blur."""


def qimage(pixels: NDArray[Any]) -> QImage:
    """RGB pixels (H, W, 3), or grey ones (H, W, 1), as an image of its own."""
    data = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), np.uint8)
    return QImage(data.data, data.shape[1], data.shape[0], 3 * data.shape[1], QImage.Format.Format_RGB888).copy()


def rgb(image: QImage) -> NDArray[np.uint8]:
    """An image as RGB pixels (H, W, 3) of their own."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


class FittedPicture(QWidget):
    """Shows RGB or grey pixels; small pictures as blocks of whole screen pixels, others smoothly.

    `pointed(row, column)` is the pixel under the mouse, -1 and -1 when there is none.
    """

    pointed = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self._box: Box | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image: QImage | None = None
        follow(self, self.update)

    def show_pixels(self, pixels: NDArray[Any]) -> None:
        """Show RGB pixels (H, W, 3) or grey ones (H, W, 1)."""
        self._image, self._box = qimage(pixels), None
        self.setAccessibleDescription(f"{pixels.shape[0]} rows, {pixels.shape[1]} columns")
        self.update()

    @property
    def image(self) -> QImage | None:
        """The picture in its own size, None without one."""
        return self._image

    @property
    def box(self) -> Box | None:
        """The box that is drawn over the picture."""
        return self._box

    def show_box(self, box: Box | None) -> None:
        """Draw a box of pixels over the picture; None for no box."""
        if box != self._box:
            self._box = box
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(64, 64)

    def place(self) -> QRectF:
        """Where the picture stands, in the middle."""
        assert self._image is not None
        zoom = min(self.width() / self._image.width(), self.height() / self._image.height())
        if self._blocky() and zoom * self.devicePixelRatioF() > 1:
            zoom = int(zoom * self.devicePixelRatioF()) / self.devicePixelRatioF()
        width, height = self._image.width() * zoom, self._image.height() * zoom
        return QRectF(round((self.width() - width) / 2), round((self.height() - height) / 2), width, height)

    def _blocky(self) -> bool:
        return self._image is not None and max(self._image.width(), self._image.height()) < _FEW

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._blocky())
        painter.drawImage(self.place(), self._image)
        painter.setPen(theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.place().adjusted(0.5, 0.5, -0.5, -0.5))
        if self._box is not None:
            paint_box(painter, self.place(), (self._image.height(), self._image.width()), self._box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._image is not None:
            size = (self._image.height(), self._image.width())
            self.pointed.emit(*(pixel_at(self.place(), size, event.position()) or (-1, -1)))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.pointed.emit(-1, -1)
