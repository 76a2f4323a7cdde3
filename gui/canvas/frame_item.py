"""The frame around the layers of a block that is not folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.document import Document
from ..theme import small_font, theme
from ..tokens import RADIUS
from .route import Blockers

_MARGIN, _BELOW = 8.0, 6.0
_ROOM = 13.0  # of the title, above the uppermost card: with the margins it just fits between two rows


Area = tuple[float, float, float, float]
"""Left, top, width and height."""


@dataclass(frozen=True)
class Frame:
    """A block's name and type, and the areas of its cards: one for each column that they stand in."""

    name: str
    title: str
    areas: tuple[Area, ...]


def frames(document: Document, bodies: Mapping[str, QRectF], blockers: Blockers) -> dict[str, Frame]:
    """Frames of the blocks that are not folded; `bodies` are the cards' by name, `blockers` finds those in an area."""
    drawing = document.drawing
    found = {}
    for group in document.network.groups.values():
        if group.name not in drawing.folded:
            own = [bodies[member] for member in group.members if member in bodies]
            found[group.name] = Frame(group.name, f"{group.name}  {group.block}", tuple(_areas(own, blockers)))
    return found


def _areas(own: list[QRectF], blockers: Blockers) -> Iterator[Area]:
    """Rectangles around the cards, joined in the order of the block as long as none reaches a card of others."""
    areas: list[QRectF] = []
    for body in own:
        padded = body.adjusted(-_MARGIN, -_MARGIN - _ROOM, _MARGIN, _BELOW)
        for i, area in enumerate(areas):
            joined = area.united(padded)
            if all(other in own for other in blockers(joined)):
                areas[i] = joined
                break
        else:
            areas.append(padded)
    for area in areas:
        yield area.x(), area.y(), area.width(), area.height()


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
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine))
        painter.setBrush(fill)
        for area in self._rectangles():
            painter.drawRoundedRect(area, RADIUS + 4, RADIUS + 4)
        painter.setPen(colour)
        painter.setFont(small_font())
        title = QFontMetricsF(small_font()).elidedText(
            self._frame.title, Qt.TextElideMode.ElideRight, self.title_area().width() - 12
        )
        place = self.title_area().adjusted(8, 2, -4, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
