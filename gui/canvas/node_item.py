"""The card of a node: name, type, key parameters, ports, problems and its share of the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.arrange import CARD
from ..models.burden import NONE, Share
from ..theme import body_font, small_font, theme
from ..tokens import GRID, RADIUS
from .cards import Card
from .heat import heat_colour

WIDTH, HEIGHT = CARD
STRIPE = 5.0
FAR = 0.55  # below this zoom a card shows its name only
_PORT = 4.5
_GRIP = 11.0  # how near to a port the pointer must be
_BODY = QRectF(0, 0, WIDTH, HEIGHT)


class Port(NamedTuple):
    """A place where a wire ends: `side` is "in" or "out", `number` counts inputs from 0."""

    side: str
    number: int = 0


class NodeItem(QGraphicsItem):
    """Paints a Card. Its position is the card's top-left corner; `on_moved` is called with itself after each move,
    and `snap` says where a card comes to lie that is dragged to a place.

    The bar is the card's share of a measure; with `tint` the whole card takes the colour of its cost.
    """

    def __init__(
        self,
        card: Card,
        on_moved: Callable[[NodeItem], None],
        snap: Callable[[NodeItem, QPointF], QPointF] | None = None,
    ) -> None:
        super().__init__()
        self._snap = snap
        self.card = card
        self.share, self.measure, self.tint = NONE, "", False
        self._on_moved = on_moved
        self._port: Port | None = None
        self._mark = ""  # "target" or "refused" while a wire is dragged over it
        flag = QGraphicsItem.GraphicsItemFlag
        self.setFlags(flag.ItemIsMovable | flag.ItemIsSelectable | flag.ItemSendsGeometryChanges)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setAcceptHoverEvents(True)
        self.setZValue(2)

    # ---- state

    @property
    def name(self) -> str:
        return self.card.name

    def present(self, card: Card) -> bool:
        """Show a card; False if it is the one shown already."""
        if card == self.card:
            return False
        self.card = card
        self.update()
        return True

    def weigh(self, share: Share, measure: str, tint: bool) -> None:
        """Show a share of a measure."""
        if (share, measure, tint) != (self.share, self.measure, self.tint):
            self.share, self.measure, self.tint = share, measure, tint
            self.update()

    def mark(self, mark: str) -> None:
        """Mark as a wire's possible `target`, as `refused`, or not at all with ""."""
        if mark != self._mark:
            self._mark = mark
            self.update()

    def description(self) -> str:
        """All that the card tells, a line each: for the pointer that rests on it and for assistive technology."""
        lines = [f"{self.card.title}: {self.card.detail}", self.card.output and f"Output {self.card.output}"]
        if self.share.part:
            lines.append(f"{self.share.part:.1%} of the {self.measure}")
        return "\n".join(line for line in (*lines, self.card.problem) if line)

    # ---- geometry

    def body(self) -> QRectF:
        """The card without ports and texts around it, in scene coordinates."""
        return _BODY.translated(self.pos())

    def port_position(self, port: Port) -> QPointF:
        """Centre of a port in scene coordinates."""
        return self.pos() + self._port_point(port)

    def _port_point(self, port: Port) -> QPointF:
        if port.side == "out":
            return QPointF(WIDTH / 2, HEIGHT)
        step = min(28.0, (WIDTH / 2 - 16) / max(1, self.card.slots - 1))
        middle = (max(1, self.card.connected) - 1) / 2  # a free port stands to the right of the used ones
        return QPointF(WIDTH / 2 + (port.number - middle) * step, 0)

    def ports(self) -> list[Port]:
        return [*(Port("in", i) for i in range(self.card.slots)), Port("out")]

    def port_at(self, scene_point: QPointF) -> Port | None:
        """The port under a point, generously."""
        point = scene_point - self.pos()
        near = [(p, (self._port_point(p) - point).manhattanLength()) for p in self.ports()]
        port, distance = min(near, key=lambda pair: pair[1])
        return port if distance <= _GRIP else None

    def boundingRect(self) -> QRectF:  # noqa: N802
        below = 26.0 if self.card.output or self.card.error else 8.0
        return QRectF(-10, -10, WIDTH + 20, HEIGHT + 10 + below)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(_BODY.adjusted(0, -7, 0, 7))
        return path

    # ---- events

    def itemChange(self, change, value):  # noqa: N802
        if change == QGraphicsItem.GraphicsItemChange.ItemPositionChange and self._grabbed():
            half = GRID / 2
            place = QPointF(round(value.x() / half) * half, round(value.y() / half) * half)
            return self._snap(self, place) if self._snap else place
        if change == QGraphicsItem.GraphicsItemChange.ItemPositionHasChanged:
            self._on_moved(self)
        return super().itemChange(change, value)

    def _grabbed(self) -> bool:
        return self.scene() is not None and self.scene().mouseGrabberItem() is not None

    def hoverEnterEvent(self, event) -> None:  # noqa: N802
        self.setToolTip(self.description())

    def hoverMoveEvent(self, event) -> None:  # noqa: N802
        self._hover(self.port_at(event.scenePos()))

    def hoverLeaveEvent(self, event) -> None:  # noqa: N802
        self._hover(None)

    def _hover(self, port: Port | None) -> None:
        if port != self._port:
            self._port = port
            self.setCursor(Qt.CursorShape.CrossCursor if port else Qt.CursorShape.ArrowCursor)
            self.update()

    # ---- painting

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_body(painter)
        if zoom < FAR:
            self._paint_name_only(painter, zoom)
        else:
            self._paint_texts(painter)
            self._paint_below(painter)
        self._paint_ports(painter)
        if self.card.problem:
            self._paint_badge(painter)

    def _border(self) -> QPen:
        if self._mark == "target" or (self.isSelected() and self._mark != "refused"):
            return QPen(theme.color("accent"), 2)
        if self.card.error or self._mark == "refused":
            return QPen(theme.color("error"), 1.6)
        return QPen(theme.color("warning" if self.card.warning else "line"), 1.6 if self.card.warning else 1)

    def _paint_body(self, painter: QPainter) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(_BODY, RADIUS, RADIUS)
        if self.card.stacked:
            self._paint_stack(painter)
        shadow = QColor(0, 0, 0, 70 if theme.dark else 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shadow)
        painter.drawRoundedRect(_BODY.adjusted(0, 1.5, 0, 1.5), RADIUS, RADIUS)
        painter.fillPath(outline, theme.color("surface"))
        if self.tint and self.share.part > 0:
            painter.fillPath(outline, heat_colour(self.share.heat, 0.3 if theme.dark else 0.45))
        painter.save()
        painter.setClipPath(outline)
        colour = theme.category(self.card.category)
        painter.fillRect(QRectF(0, 0, STRIPE, HEIGHT), colour)
        if self.share.part > 0:
            track = WIDTH - STRIPE
            painter.fillRect(QRectF(STRIPE, HEIGHT - 3, max(2.0, track * self.share.part), 3), colour)
        painter.restore()
        painter.setPen(self._border())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)

    def _paint_stack(self, painter: QPainter) -> None:
        """The edges of the cards that lie below this one."""
        painter.setPen(QPen(theme.category(self.card.category), 1))
        painter.setBrush(theme.color("surface"))
        for offset in (6.0, 3.0):
            painter.drawRoundedRect(_BODY.translated(offset, -offset), RADIUS, RADIUS)

    def _paint_texts(self, painter: QPainter) -> None:
        left, width = STRIPE + 9, WIDTH - STRIPE - 19
        share = f"{self.share.part:.0%}" if self.share.part >= 0.005 else ""
        small = QFontMetricsF(small_font())
        if share:
            painter.setFont(small_font())
            painter.setPen(theme.color("muted"))
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(left, 6, width, 18), side, share)
        name_width = width - (small.horizontalAdvance(share) + 6 if share else 0)
        self._line(painter, body_font(bold=True), "text", self.card.title, QRectF(left, 6, name_width, 18))
        self._line(painter, small_font(), "muted", self.card.detail, QRectF(left, 25, width, 16))

    def _paint_name_only(self, painter: QPainter, zoom: float) -> None:
        font = body_font(bold=True)
        area = QRectF(STRIPE + 7, 0, WIDTH - STRIPE - 13, HEIGHT)
        fitting = font.pixelSize() * area.width() / QFontMetricsF(font).horizontalAdvance(self.card.title)
        font.setPixelSize(max(13, int(min(24, 12 / max(zoom, 0.1), fitting))))
        self._line(painter, font, "text", self.card.title, area)

    def _line(self, painter: QPainter, font, colour: str, text: str, area: QRectF) -> None:
        painter.setFont(font)
        painter.setPen(theme.color(colour))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_below(self, painter: QPainter) -> None:
        """The output shape beside the wire, or what is wrong."""
        metrics = QFontMetricsF(small_font())
        if self.card.error:
            text = metrics.elidedText(self.card.error.split("\n")[0], Qt.TextElideMode.ElideRight, WIDTH - 2)
            area = QRectF(0, HEIGHT + 6, metrics.horizontalAdvance(text) + 2, 16)
            colour = "error"
        else:
            text = self.card.output
            area = QRectF(WIDTH / 2 + 6, HEIGHT + 6, metrics.horizontalAdvance(text) + 6, 15)
            colour = "muted"
        if text:
            painter.fillRect(area, theme.color("canvas"))
            painter.setFont(small_font())
            painter.setPen(theme.color(colour))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_ports(self, painter: QPainter) -> None:
        for port in self.ports():
            used = port.side == "out" or port.number < self.card.connected
            hovered = port == self._port
            painter.setPen(QPen(theme.color("accent" if hovered else "wire"), 1.5))
            painter.setBrush(theme.color("accent" if hovered else "wire" if used else "surface"))
            radius = _PORT + 1.5 if hovered else _PORT - 0.5
            painter.drawEllipse(self._port_point(port), radius, radius)

    def _paint_badge(self, painter: QPainter) -> None:
        centre = QPointF(WIDTH - 2, 2)
        painter.setPen(QPen(theme.color("canvas"), 2))
        painter.setBrush(theme.color("error" if self.card.error else "warning"))
        painter.drawEllipse(centre, 8, 8)
        painter.setFont(small_font(bold=True))
        painter.setPen(theme.color("surface"))
        painter.drawText(QRectF(centre.x() - 8, centre.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, "!")
