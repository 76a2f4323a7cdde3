"""An array of pixels as a picture, as large as fits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, theme


class ArrayPicture(QWidget):
    """Few pixels are shown as blocks without blur, many smoothly."""

    def __init__(self, name: str, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFixedSize(side, side)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        self._whole = (1, 1)
        self._offset = (0, 0)
        follow(self, self.update)

    def show_pixels(
        self, pixels: NDArray[Any], whole: tuple[int, int] | None = None, offset: tuple[int, int] = (0, 0)
    ) -> None:
        """Show RGB pixels (H, W, 3).

        With `whole` they stand at `offset` (row, column) in a frame of so many rows and columns: a smaller result
        stands where its pixels are in the image.
        """
        data = np.ascontiguousarray(pixels, np.uint8)
        height, width = data.shape[:2]
        self._image = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._whole, self._offset = whole or (height, width), offset
        self.setAccessibleDescription(f"{height} rows, {width} columns")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.size()

    @property
    def size_of_image(self) -> tuple[int, int]:
        """Rows and columns in view; (0, 0) without a picture."""
        return (0, 0) if self._image is None else (self._image.height(), self._image.width())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._image is None:
            return
        rows, columns = self._whole
        zoom = min(self.width() / columns, self.height() / rows)
        left, top = (self.width() - columns * zoom) / 2, 0.0
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
        place = QRectF(
            left + self._offset[1] * zoom,
            top + self._offset[0] * zoom,
            self._image.width() * zoom,
            self._image.height() * zoom,
        )
        painter.drawImage(place, self._image)
        painter.setPen(theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(left, top, columns * zoom, rows * zoom).adjusted(0.5, 0.5, -0.5, -0.5))
