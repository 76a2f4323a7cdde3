"""The frame around the layers of a block that is not folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.document import Document
from ..theme import small_font, theme
from ..tokens import RADIUS
from .card_look import FAR

_MARGIN, _BELOW = 8.0, 6.0
_LARGEST_TITLE = 17
_ROOM = 13.0  # of the title, above the uppermost card: with the margins it just fits between two rows


Area = tuple[float, float, float, float]
"""Left, top, width and height."""
Edges = np.ndarray
"""Left, top, right and bottom, of one card or a row of them."""


_PADDING = np.array([-_MARGIN, -_MARGIN - _ROOM, _MARGIN, _BELOW])


@dataclass(frozen=True)
class Frame:
    """A block's name and type, and the areas of its cards: one for each column that they stand in."""

    name: str
    title: str
    areas: tuple[Area, ...]


def frames(document: Document, bodies: Mapping[str, QRectF]) -> dict[str, Frame]:
    """Frames of the blocks that are not folded; `bodies` are the cards' by name."""
    edges = np.array([body.getCoords() for body in bodies.values()]).reshape(-1, 4)
    rows = {name: row for row, name in enumerate(bodies)}
    found = {}
    for group in document.network.groups.values():
        own = [rows[member] for member in group.members if member in rows]
        if own and group.name not in document.drawing.folded:
            areas = _areas(edges[own], np.delete(edges, own, axis=0))
            found[group.name] = Frame(group.name, f"{group.name}  {group.block}", tuple(areas))
    return found


def _areas(own: Edges, others: Edges) -> Iterator[Area]:
    """Areas around a block's cards, joined in the order of the block as long as none reaches a card of others."""
    areas: list[Edges] = []
    for padded in own + _PADDING:
        for i, area in enumerate(areas):
            joined = np.concatenate([np.minimum(area[:2], padded[:2]), np.maximum(area[2:], padded[2:])])
            if not ((others[:, :2] < joined[2:]) & (others[:, 2:] > joined[:2])).all(axis=1).any():
                areas[i] = joined
                break
        else:
            areas.append(padded)
    for left, top, right, bottom in areas:
        yield float(left), float(top), float(right - left), float(bottom - top)


class FrameItem(QGraphicsItem):
    """Paints a Frame behind the cards. It takes no clicks: its title does, in `GraphView`."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self._frame = frame
        self.setZValue(0)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def name(self) -> str:
        return self._frame.name

    def present(self, frame: Frame) -> None:
        if frame != self._frame:
            self.prepareGeometryChange()
            self._frame = frame
            self.update()

    def _rectangles(self) -> list[QRectF]:
        return [QRectF(*area) for area in self._frame.areas]

    def title_area(self) -> QRectF:
        """Where the title stands, in scene coordinates."""
        first = self._rectangles()[0]
        width = QFontMetricsF(small_font()).horizontalAdvance(self._frame.title) + 16
        return QRectF(first.left(), first.top(), min(width, first.width()), _ROOM + 4)

    def boundingRect(self) -> QRectF:  # noqa: N802
        area = QRectF()
        for rectangle in self._rectangles():
            area = area.united(rectangle)
        return area.adjusted(-2, -2, 2, 2)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colour = theme.category("block")
        fill = QColor(colour)
        fill.setAlphaF(0.06)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine if zoom >= FAR else Qt.PenStyle.SolidLine))
        painter.setBrush(fill)
        for area in self._rectangles():
            painter.drawRoundedRect(area, RADIUS + 4, RADIUS + 4)
        if zoom >= FAR:
            painter.setPen(colour)
            self._paint_title(painter, zoom)

    def _paint_title(self, painter: QPainter, zoom: float) -> None:
        """The title, larger from afar as far as there is room."""
        font = small_font()
        font.setPixelSize(max(font.pixelSize(), int(min(_LARGEST_TITLE, 11 / max(zoom, 0.1)))))
        place = self._rectangles()[0].adjusted(8, 1, -4, 0)
        place.setHeight(_ROOM + _MARGIN - 2)
        painter.setFont(font)
        title = QFontMetricsF(font).elidedText(self._frame.title, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
