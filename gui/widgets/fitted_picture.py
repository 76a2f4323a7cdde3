"""A picture that fills its place as well as its proportions allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, theme

_FEW = 96
"""Pictures with fewer pixels a side are shown as blocks without blur."""


def qimage(pixels: NDArray[Any]) -> QImage:
    """RGB pixels (H, W, 3) as an image of its own."""
    data = np.ascontiguousarray(pixels, np.uint8)
    return QImage(data.data, data.shape[1], data.shape[0], 3 * data.shape[1], QImage.Format.Format_RGB888).copy()


class FittedPicture(QWidget):
    """Shows RGB pixels; small pictures as blocks of whole screen pixels, others smoothly."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image: QImage | None = None
        follow(self, self.update)

    def show_pixels(self, pixels: NDArray[Any]) -> None:
        """Show RGB pixels (H, W, 3)."""
        self._image = qimage(pixels)
        self.setAccessibleDescription(f"{pixels.shape[0]} rows, {pixels.shape[1]} columns")
        self.update()

    @property
    def image(self) -> QImage | None:
        """The picture in its own size, None without one."""
        return self._image

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
