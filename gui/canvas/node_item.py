"""The card of a node: where it is, what it shows, and what the pointer does with it. `sheets` paints it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.burden import NONE, Share
from ..tokens import GRID
from . import card_look, lettering
from .card_look import Look
from .cards import Card
from .lettering import Line
from .ports import BODY, GRIP, HEIGHT, WIDTH, Port, port_point, ports

_BAR_STEP = 0.5  # units: what a bar must change by to be painted again


class NodeItem(QGraphicsItem):
    """Shows a Card. Its position is the card's top-left corner; `on_dragged` is called with itself after each move by
    hand, and `snap` says where a card comes to lie that is dragged to a place. The program moves it with `setPos` and
    has it painted: cards tell of moves only while they are selected, which those that are dragged are.

    The bar is the card's share of a measure; with `tint` the whole card takes the colour of its cost.
    """

    def __init__(
        self,
        card: Card,
        on_dragged: Callable[[NodeItem], None],
        snap: Callable[[NodeItem, QPointF], QPointF] | None = None,
    ) -> None:
        super().__init__()
        self._snap = snap
        self.card = card
        self.share, self.measure, self.tint = NONE, "", False
        self.hovered: Port | None = None
        self._on_dragged = on_dragged
        self._mark = ""  # "target" or "refused" while a wire is dragged over it
        self._chosen = False
        self._seen = _seen(NONE, False)
        self._look: Look | None = None
        self._in_full: list[Line] | None = None
        self._name_only: list[Line] | None = None
        flag = QGraphicsItem.GraphicsItemFlag
        self.setFlags(flag.ItemIsMovable | flag.ItemIsSelectable | flag.ItemHasNoContents)
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
        self._repaint()  # where it was, if it becomes smaller
        self.card = card
        self._in_full = self._name_only = None
        self._renew()
        return True

    def weigh(self, share: Share, measure: str, tint: bool) -> None:
        """Show a share of a measure. A share that looks the same as before paints nothing."""
        if (share, tint) != (self.share, self.tint) and (seen := _seen(share, tint)) != self._seen:
            self._seen, self._in_full = seen, None
            self.share, self.measure, self.tint = share, measure, tint
            self._renew()
        self.share, self.measure, self.tint = share, measure, tint

    def mark(self, mark: str) -> None:
        """Mark as a wire's possible `target`, as `refused`, or not at all with ""."""
        if mark != self._mark:
            self._mark = mark
            self._renew()

    def description(self) -> str:
        """All that the card tells, a line each: for the pointer that rests on it and for assistive technology."""
        lines = [f"{self.card.title}: {self.card.detail}", self.card.output and f"Output {self.card.output}"]
        if self.share.part:
            lines.append(f"{self.share.part:.1%} of the {self.measure}")
        return "\n".join(line for line in (*lines, self.card.problem) if line)

    # ---- what it looks like

    @property
    def look(self) -> Look:
        """All of it but texts and bar."""
        if self._look is None:
            card, heat = self.card, self.share.heat if self.tint and self.share.part > 0 else None
            problem = "error" if card.error else "warning" if card.warning else ""
            heat = None if heat is None else round(heat, 2)
            self._look = Look(
                card.category, card.slots, card.connected, card.stacked, self._border(problem), problem, heat
            )
        return self._look

    def _border(self, problem: str) -> str:
        if self._mark == "target" or (self._chosen and self._mark != "refused"):
            return "accent"
        return "error" if self._mark == "refused" else problem

    @property
    def in_full(self) -> list[Line]:
        """Its texts where there is room for all."""
        if self._in_full is None:
            self._in_full = lettering.in_full(self.card, self.share)
        return self._in_full

    @property
    def name_only(self) -> list[Line]:
        """Its text where there is room for one."""
        if self._name_only is None:
            self._name_only = lettering.name_only(self.card)
        return self._name_only

    def _renew(self) -> None:
        self._look = None
        self._repaint()

    def _repaint(self) -> None:
        if scene := self.scene():
            scene.update(self.area())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Nothing: it is painted together with the others."""

    # ---- geometry

    def area(self) -> QRectF:
        """All that it takes with ports and texts, in scene coordinates."""
        return self.boundingRect().translated(self.pos())

    def body(self) -> QRectF:
        """The card without ports and texts around it, in scene coordinates."""
        return BODY.translated(self.pos())

    def port_position(self, port: Port) -> QPointF:
        """Centre of a port in scene coordinates."""
        return self.pos() + port_point(port, self.card.slots, self.card.connected)

    def port_at(self, scene_point: QPointF) -> Port | None:
        """The port under a point, generously."""
        point, card = scene_point - self.pos(), self.card
        near = [(p, (port_point(p, card.slots, card.connected) - point).manhattanLength()) for p in ports(card.slots)]
        port, distance = min(near, key=lambda pair: pair[1])
        return port if distance <= GRIP else None

    def boundingRect(self) -> QRectF:  # noqa: N802
        return _AREA

    def shape(self) -> QPainterPath:
        return _SHAPE

    # ---- events

    def itemChange(self, change, value):  # noqa: N802
        kind = QGraphicsItem.GraphicsItemChange
        if change == kind.ItemPositionChange:
            self._repaint()
            if self._grabbed():
                half = GRID / 2
                place = QPointF(round(value.x() / half) * half, round(value.y() / half) * half)
                return self._snap(self, place) if self._snap else place
        elif change == kind.ItemPositionHasChanged:
            self._repaint()
            self._on_dragged(self)
        elif change == kind.ItemSelectedHasChanged:
            self._chosen = bool(value)
            self.setFlag(self.GraphicsItemFlag.ItemSendsGeometryChanges, self._chosen)
            self._renew()
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
        if port != self.hovered:
            self.hovered = port
            self.setCursor(Qt.CursorShape.CrossCursor if port else Qt.CursorShape.ArrowCursor)
            self._repaint()


_AREA = QRectF(-10, -10, WIDTH + 20, HEIGHT + 36)
_SHAPE = QPainterPath()
_SHAPE.addRect(BODY.adjusted(0, -7, 0, 7))


def _seen(share: Share, tint: bool) -> tuple[float, ...]:
    """Numbers that change when what a card shows of a share does: its text, its bar and its tint."""
    bar = round(share.part * WIDTH / _BAR_STEP) if share.part * WIDTH > card_look.SHORTEST_BAR else share.part > 0
    text = round(100 * share.part) if lettering.is_told(share) else -1
    return text, bar, round(share.heat, 2) if tint else -1
