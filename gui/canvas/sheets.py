"""What is painted of all cards together, and of all wires: as much of each as can be seen at the scale of the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..theme import theme
from . import card_look, lettering
from .card_look import FAR, NAMES, Looks
from .node_item import NodeItem
from .ports import BODY
from .wire_item import WireItem

_EVERYWHERE = QRectF(-4e6, -4e6, 8e6, 8e6)


class _Sheet(QGraphicsItem):
    """Paints things of the scene that paint nothing themselves; it takes no clicks and is never found."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.setZValue(height)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return _EVERYWHERE

    def shape(self) -> QPainterPath:
        return QPainterPath()


class CardSheet(_Sheet):
    """Paints the cards that `find` finds in an area."""

    def __init__(self, find: Callable[[QRectF], Sequence[NodeItem]]) -> None:
        super().__init__(2.0)
        self._find = find
        self._looks = Looks()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        cards, zoom = self._find(option.exposedRect), painter.worldTransform().m11()
        painter.save()
        if zoom < FAR:
            _paint_from_afar(painter, cards, zoom)
        elif painter.paintEngine().type() == QPaintEngine.Type.Raster:
            self._copy(painter, cards, zoom)
        else:
            for card in cards:
                painter.save()
                painter.translate(card.pos())
                card_look.paint(painter, card.look)
                painter.restore()
                _finish(painter, card, card.pos(), zoom)
        painter.restore()

    def _copy(self, painter: QPainter, cards: Sequence[NodeItem], zoom: float) -> None:
        """Copy the looks onto whole pixels, so that they are as sharp as they were painted."""
        view, dots = painter.worldTransform(), painter.device().devicePixelRatio()
        scale = zoom * dots
        margin = card_look.edge(scale)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for card in cards:
            corner = view.map(card.pos())
            x, y = round(corner.x() * dots), round(corner.y() * dots)
            picture = self._looks.picture(card.look, scale)
            painter.resetTransform()
            painter.scale(1 / dots, 1 / dots)
            painter.drawPixmap(x - margin, y - margin, picture)
            painter.scale(scale, scale)
            _finish(painter, card, QPointF(x / scale, y / scale), zoom)


def _finish(painter: QPainter, card: NodeItem, corner: QPointF, zoom: float) -> None:
    """Bar, texts and the port under the pointer, over the card's look."""
    if card.share.part > 0 or card.hovered is not None:
        painter.translate(corner)
        if card.share.part > 0:
            card_look.paint_bar(painter, card.card.category, card.share.part)
        if card.hovered is not None:
            card_look.paint_hovered(painter, card.look, card.hovered)
        painter.translate(-corner)
    lettering.write(painter, card.name_only if zoom < NAMES else card.in_full, corner)


def _paint_from_afar(painter: QPainter, cards: Sequence[NodeItem], zoom: float) -> None:
    """Plain rectangles, all of one colour at once; borders only of what is chosen or wrong."""
    bodies: dict[int, list[QRectF]] = {}
    borders: dict[str, list[QRectF]] = {}
    colours: dict[object, int] = {}
    for card in cards:
        look, body = card.look, BODY.translated(card.pos())
        key = (look.category, look.problem, look.heat)
        if key not in colours:
            colours[key] = card_look.far_colour(look).rgb()
        bodies.setdefault(colours[key], []).append(body)
        if look.border:
            borders.setdefault(look.border, []).append(body)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, areas in bodies.items():
        painter.setBrush(QColor(colour))
        painter.drawRects(areas)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for name, areas in borders.items():
        painter.setPen(QPen(theme.color(name), 2 / zoom))
        painter.drawRects(areas)


class WireSheet(_Sheet):
    """Paints the wires that `find` finds in an area."""

    def __init__(self, find: Callable[[QRectF], Sequence[WireItem]]) -> None:
        super().__init__(0.5)
        self._find = find

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        wires = self._find(option.exposedRect)
        quiet = [wire for wire in wires if not wire.active]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen("wire", 1.8))
        painter.drawLines([wire.line for wire in quiet if wire.line is not None])
        for wire in quiet:
            if wire.line is None:
                painter.drawPath(wire.path())
        for wire in wires:
            if wire.active:
                painter.setPen(_pen("accent", 2.6 if wire.isSelected() else 1.8))
                painter.drawPath(wire.path())


def _pen(colour: str, width: float) -> QPen:
    return QPen(theme.color(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
