"""Images beside each other, each with what is said of it below, and boxes around what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme

GAP = 8
_LINE = 14
_FEW = 96
"""Images with fewer pixels a side are drawn as blocks without blur."""

TRUE, FOUND = "success", "warning"
"""Colours of true boxes and of those a network has found, as the theme calls them."""


@dataclass(frozen=True, eq=False)
class Box:
    """A rectangle x1, y1, x2, y2 in pixels of its image, in a colour of the theme."""

    corners: tuple[float, float, float, float]
    colour: str = TRUE

    @classmethod
    def of(cls, corners: NDArray[Any], colour: str = TRUE) -> Box:
        """From an array (4,)."""
        x1, y1, x2, y2 = (float(value) for value in corners)
        return cls((x1, y1, x2, y2), colour)


@dataclass(frozen=True, eq=False)
class Card:
    """An image, pixels 0–255 (H, W, 1 or 3), with up to two lines below it. `tone` colours the first."""

    pixels: NDArray[Any]
    title: str = ""
    note: str = ""
    tone: str = "text"
    boxes: tuple[Box, ...] = field(default=())

    @property
    def spoken(self) -> str:
        """What is said of it in one line."""
        return ", ".join(part for part in (self.title, self.note) if part)


class ImageGrid(QWidget):
    """As many cards as fit; `capacity()` says how many that is, and `resized()` that it has changed.

    `current_changed(index)` is sent when another card is chosen by mouse or keyboard (−1 for none), `activated(index)`
    on a double click or Enter.
    """

    current_changed = Signal(int)
    activated = Signal(int)
    resized = Signal()

    def __init__(self, name: str, side: int = 64, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._side = side
        self._cards: tuple[Card, ...] = ()
        self._images: list[QImage] = []
        self._lines = 1
        self._current = -1
        self._told = 0
        follow(self, self.update)

    # ---- contents

    @property
    def cards(self) -> tuple[Card, ...]:
        return self._cards

    @property
    def current(self) -> int:
        """The card chosen, −1 for none."""
        return self._current

    def show_cards(self, cards: Sequence[Card], lines: int = 1) -> None:
        """Show these, with so many lines below each."""
        self._cards, self._lines = tuple(cards), lines
        self._images = [_image(card.pixels) for card in cards]
        self._choose(-1)
        self.updateGeometry()
        self.update()

    def change_cards(self, cards: Sequence[Card]) -> None:
        """Say something else of the same images; the one chosen stays."""
        self._cards = tuple(cards)
        self.update()

    def set_lines(self, lines: int) -> None:
        """Have room for so many lines below each card to come."""
        self._lines = lines

    def choose(self, index: int) -> None:
        """Make a card the current one, if it is there."""
        if index < len(self._cards):
            self._choose(index)

    # ---- geometry

    def capacity(self) -> int:
        """Cards that fit."""
        columns, rows = self._grid()
        return columns * rows

    def _cell(self) -> tuple[int, int]:
        return self._side + GAP, self._side + _LINE * self._lines + GAP

    def _grid(self) -> tuple[int, int]:
        wide, high = self._cell()
        return max((self.width() + GAP) // wide, 1), max((self.height() + GAP) // high, 1)

    def cell(self, index: int) -> QRectF:
        """Where a card is, without the gap; columns spread over the width."""
        columns, _ = self._grid()
        wide, high = self._cell()
        row, column = divmod(index, columns)
        spread = (self.width() - self._side) / (columns - 1) if columns > 1 and len(self._cards) >= columns else wide
        return QRectF(round(column * min(spread, wide + 24)), row * high, self._side, high - GAP)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(4 * self._cell()[0], 2 * self._cell()[1])

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(*self._cell())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self.capacity() != self._told:
            self._told = self.capacity()
            self.resized.emit()

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (card, image) in enumerate(zip(self._cards, self._images)):
            cell = self.cell(index)
            if cell.bottom() <= self.height() + GAP:
                self._paint(painter, cell, card, image, index == self._current)

    def _paint(self, painter: QPainter, cell: QRectF, card: Card, image: QImage, current: bool) -> None:
        place = _fitted(image, QRectF(cell.x(), cell.y(), self._side, self._side))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, max(image.width(), image.height()) >= _FEW)
        painter.drawImage(place, image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent" if current else "line"), 2 if current else 1))
        painter.drawRect(place.adjusted(-1, -1, 1, 1) if current else place.adjusted(0.5, 0.5, -0.5, -0.5))
        for box in card.boxes:
            _paint_box(painter, place, image, box)
        for line, (text, colour) in enumerate(((card.title, card.tone), (card.note, "muted"))[: self._lines]):
            painter.setFont(small_font(bold=line == 0 and card.tone != "text"))
            painter.setPen(theme.color(colour))
            strip = QRectF(cell.x() - 2, cell.y() + self._side + _LINE * line, self._side + 4, _LINE)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(strip.width()))
            painter.drawText(strip, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, shown)

    # ---- choosing

    def at(self, place: QPointF) -> int:
        """The card at a place, −1 for none."""
        return next((i for i in range(len(self._cards)) if self.cell(i).contains(place)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self._current >= 0:
            self.activated.emit(self._current)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        columns, _ = self._grid()
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        if key in steps and self._cards:
            wanted = self._current + steps[key] if self._current >= 0 else 0
            self._choose(wanted if 0 <= wanted < len(self._cards) else self._current)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._current >= 0:
            self.activated.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        if index != self._current:
            self._current = index
            self.setAccessibleDescription(self._cards[index].spoken if index >= 0 else "")
            self.current_changed.emit(index)
            self.update()


def _image(pixels: NDArray[Any]) -> QImage:
    data = np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0], np.uint8)
    colour = data.ndim == 3
    kind = QImage.Format.Format_RGB888 if colour else QImage.Format.Format_Grayscale8
    return QImage(data.data, data.shape[1], data.shape[0], data.shape[1] * (3 if colour else 1), kind).copy()


def _fitted(image: QImage, area: QRectF) -> QRectF:
    """The largest place for the image within the area, in its middle."""
    zoom = min(area.width() / image.width(), area.height() / image.height())
    width, height = image.width() * zoom, image.height() * zoom
    return QRectF(area.x() + (area.width() - width) / 2, area.y() + (area.height() - height) / 2, width, height)


def _paint_box(painter: QPainter, place: QRectF, image: QImage, box: Box) -> None:
    """A rectangle with a dark rim, so that it is seen on any picture."""
    across, down = place.width() / image.width(), place.height() / image.height()
    x1, y1, x2, y2 = box.corners
    corners = QRectF(place.x() + x1 * across, place.y() + y1 * down, (x2 - x1) * across, (y2 - y1) * down)
    painter.setPen(QPen(QColor(0, 0, 0, 140), 3))
    painter.drawRect(corners)
    painter.setPen(QPen(theme.color(box.colour), 1.5))
    painter.drawRect(corners)
