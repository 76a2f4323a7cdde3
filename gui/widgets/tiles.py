"""Many small pictures, filters or feature maps, drawn as one image without blur."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, theme
from .colours import LEVELS, table
from .pixel_box import paint_box
from .tile_layout import TileLayout, arrange

GAP = 3
LARGEST = 224
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class TileGrid(QWidget):
    """A grid of equal tiles that fills the widget as well as whole pixels allow.

    `pointed(tile, row, column)` says which value is under the mouse or, with the keyboard, which tile is current
    (then row and column are -1); all are -1 when nothing is.
    """

    pointed = Signal(int, int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pixels: NDArray[np.uint8] = np.zeros((0, 1, 1), np.uint8)
        self._map = ""
        self._matrix: tuple[int, int] | None = None
        self._layout: TileLayout | None = None
        self._picture: QImage | None = None
        self._current = -1
        self._area: tuple[int, int, int, int] | None = None
        follow(self, self._forget_picture)

    # ---- contents

    def show_levels(self, indices: NDArray[np.uint8], map: str, matrix: tuple[int, int] | None = None) -> None:
        """Show tiles (n, h, w) of indices into a colour map's table; `matrix` asks for so many rows and columns."""
        self._show(indices, map, matrix)

    def show_colours(self, pixels: NDArray[np.uint8]) -> None:
        """Show tiles (n, h, w, 3) of RGB pixels."""
        self._show(pixels, "", None)

    def _show(self, pixels: NDArray[np.uint8], map: str, matrix: tuple[int, int] | None) -> None:
        if pixels.shape[:3] != self._pixels.shape[:3] or matrix != self._matrix:
            self._layout = None
        self._pixels, self._map, self._matrix = pixels, map, matrix
        self._current = min(self._current, len(pixels) - 1)
        self._forget_picture()

    def show_area(self, area: tuple[int, int, int, int] | None) -> None:
        """Frame these values (top, bottom, left, right; ends excluded) in every tile; None for no frames."""
        if area != self._area:
            self._area = area
            self.update()

    @property
    def area(self) -> tuple[int, int, int, int] | None:
        """The values that are framed in every tile."""
        return self._area

    @property
    def count(self) -> int:
        """Number of tiles."""
        return len(self._pixels)

    @property
    def current(self) -> int:
        """The tile chosen with the keyboard or a click; -1 for none."""
        return self._current

    def picture(self) -> QImage:
        """The grid as it is drawn, in device pixels."""
        if self._picture is None:
            self._picture = self._compose()
        return self._picture

    # ---- geometry

    def layout_of_tiles(self) -> TileLayout:
        """Where the tiles are, in device pixels from the corner of the picture."""
        if self._layout is None:
            wide, narrow = round(GAP * self.devicePixelRatioF()), round(self.devicePixelRatioF())
            self._layout = self._arranged(wide)
            if min(self._layout.tile) < 8 * wide:  # such a gap would outweigh the tiles
                self._layout = self._arranged(narrow)
        return self._layout

    def _arranged(self, gap: int) -> TileLayout:
        ratio = self.devicePixelRatioF()
        area = (max(round(self.height() * ratio), 1), max(round(self.width() * ratio), 1))
        count, height, width = self._pixels.shape[:3]
        return arrange(max(count, 1), (height, width), area, gap, round(LARGEST * ratio), self._matrix)

    def _origin(self) -> QPoint:
        """Where the picture's corner is, in widget coordinates: it stands in the middle."""
        height, width = self.layout_of_tiles().size
        ratio = self.devicePixelRatioF()
        return QPoint(
            max(0, int((self.width() - width / ratio) / 2)), max(0, int((self.height() - height / ratio) / 2))
        )

    def tile_rect(self, index: int) -> QRectF:
        """A tile's place in widget coordinates."""
        layout, ratio, origin = self.layout_of_tiles(), self.devicePixelRatioF(), self._origin()
        top, left = layout.corner(index)
        return QRectF(
            origin.x() + left / ratio, origin.y() + top / ratio, layout.tile[1] / ratio, layout.tile[0] / ratio
        )

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(96, 72)

    # ---- drawing

    def _forget_picture(self) -> None:
        self._picture = None
        self.update()

    def _compose(self) -> QImage:
        layout = self.layout_of_tiles()
        colours = self._pixels.shape[3:]
        pixels = self._pixels[:, :: layout.stride, :: layout.stride]
        cells = layout.rows * layout.columns
        blank = np.full((cells - len(pixels), *pixels.shape[1:]), LEVELS, np.uint8)
        pixels = np.concatenate([pixels, blank]) if len(blank) else pixels
        grid = (layout.columns, layout.rows) if layout.transposed else (layout.rows, layout.columns)
        pixels = pixels.reshape(*grid, *pixels.shape[1:])
        pixels = pixels.swapaxes(0, 1) if layout.transposed else pixels
        height, width = layout.tile
        canvas = np.full(
            (layout.rows, height + layout.gap, layout.columns, width + layout.gap, *colours), LEVELS, np.uint8
        )
        enlarged = pixels.repeat(layout.zoom, axis=2).repeat(layout.zoom, axis=3)
        canvas[:, :height, :, :width] = enlarged.swapaxes(1, 2)
        full = canvas.reshape(layout.rows * (height + layout.gap), -1, *colours)
        return self._image(full[: layout.size[0], : layout.size[1]])

    def _image(self, canvas: NDArray[np.uint8]) -> QImage:
        background = theme.color("surface")
        if canvas.ndim == 3:
            image = self._colour_image(canvas, background)
        else:
            data = np.ascontiguousarray(canvas)
            image = QImage(data.data, data.shape[1], data.shape[0], data.shape[1], QImage.Format.Format_Indexed8)
            image.setColorTable([*_colour_table(self._map), background.rgb()])
            image = image.convertToFormat(QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.devicePixelRatioF())
        return image

    def _colour_image(self, canvas: NDArray[np.uint8], background: QColor) -> QImage:
        layout = self.layout_of_tiles()
        data = np.ascontiguousarray(canvas)
        rows, columns = np.arange(data.shape[0]), np.arange(data.shape[1])
        gap = [background.red(), background.green(), background.blue()]
        data[rows % (layout.tile[0] + layout.gap) >= layout.tile[0]] = gap
        data[:, columns % (layout.tile[1] + layout.gap) >= layout.tile[1]] = gap
        for index in range(self.count, layout.rows * layout.columns):
            top, left = layout.corner(index)
            data[top : top + layout.tile[0], left : left + layout.tile[1]] = gap
        return QImage(data.data, data.shape[1], data.shape[0], 3 * data.shape[1], QImage.Format.Format_RGB888).copy()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self.count:
            return
        painter = QPainter(self)
        painter.drawImage(self._origin(), self.picture())
        if self._area is not None:
            height, width = self._pixels.shape[1:3]
            for index in range(self.count):
                paint_box(painter, self.tile_rect(index), (height, width), self._area)
        if self._current >= 0:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(self.tile_rect(self._current).adjusted(-1.5, -1.5, 1.5, 1.5))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._layout = None
        self._forget_picture()

    # ---- pointing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pointed.emit(*(self._at(event.position().toPoint()) or (-1, -1, -1)))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            found = self._at(event.position().toPoint())
            self._current = found[0] if found else -1
            self.update()

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        self.pointed.emit(self._current, -1, -1)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        if self._current < 0 and self.count and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._choose(0)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = _STEPS.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape and self._current >= 0:
            self._choose(-1)
        elif step is None or not self.count:
            super().keyPressEvent(event)
        else:
            self._move(*step)

    def _move(self, down: int, right: int) -> None:
        layout = self.layout_of_tiles()
        row, column = layout.place(max(self._current, 0))
        row = min(max(row + down, 0), layout.rows - 1)
        column = min(max(column + right, 0), layout.columns - 1)
        index = column * layout.rows + row if layout.transposed else row * layout.columns + column
        if index < self.count:
            self._choose(index)

    def _choose(self, index: int) -> None:
        self._current = index
        self.pointed.emit(index, -1, -1)
        self.update()

    def _at(self, point: QPoint) -> tuple[int, int, int] | None:
        if not self.count:
            return None
        offset, ratio = point - self._origin(), self.devicePixelRatioF()
        return self.layout_of_tiles().at(int(offset.y() * ratio), int(offset.x() * ratio))


def _colour_table(map: str) -> list[int]:
    return [0xFF000000 | (int(r) << 16) | (int(g) << 8) | int(b) for r, g, b in table(map)]
