"""A wire between two nodes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.edits import Link
from .node_item import NodeItem
from .ports import Port
from .route import Blockers, route, straight

_GRIP = 12.0  # how wide the area is that takes clicks


class WireItem(QGraphicsItem):
    """The course of a link, which can be selected. `follow` and `reroute` find another one; `on_moved` is called with
    the wire after each change.

    `line` is the course where it is a straight line.
    """

    def __init__(self, link: Link, source: NodeItem, target: NodeItem, on_moved: Callable[[WireItem], None]) -> None:
        super().__init__()
        self.link = link
        self.source, self.target = source, target
        self.line: QLineF | None = None
        self._on_moved = on_moved
        self._path = QPainterPath()
        self._ends: tuple[QPointF, QPointF] | None = None  # of that course
        self._area = QRectF()
        self._hovered = self._chosen = False
        flag = QGraphicsItem.GraphicsItemFlag
        self.setFlags(flag.ItemIsSelectable | flag.ItemHasNoContents)
        self.setAcceptHoverEvents(True)
        self.setToolTip(f"{link.source} → {link.target}")

    def follow(self) -> None:
        """Keep up with the ends: with the same course where both moved alike, else straight."""
        start, end = self._where()
        by = None if self._ends is None else start - self._ends[0]
        if self._ends is None or by != end - self._ends[1]:
            self._take(start, end, straight(start, end))
        elif not by.isNull():
            self._take(start, end, self._path.translated(by))

    def reroute(self, blockers: Blockers) -> None:
        """Find a course between the ends, around `blockers`."""
        start, end = self._where()
        self._take(start, end, route(start, end, blockers))

    def _where(self) -> tuple[QPointF, QPointF]:
        return self.source.port_position(Port("out")), self.target.port_position(Port("in", self.link.port))

    def _take(self, start: QPointF, end: QPointF, path: QPainterPath) -> None:
        self._ends = start, end
        if path != self._path:
            self._repaint()
            self.prepareGeometryChange()
            self._path = path
            self._area = path.boundingRect().adjusted(-_GRIP, -_GRIP, _GRIP, _GRIP)
            self.line = QLineF(start, end) if start.x() == end.x() and path.elementCount() == 4 else None
            self._repaint()
            self._on_moved(self)

    @property
    def active(self) -> bool:
        """Whether it is selected, under the pointer, or where a drop would insert."""
        return self._hovered or self._chosen

    def highlight(self, on: bool) -> None:
        """Show that a drop here would insert into the wire."""
        if on != self._hovered:
            self._hovered = on
            self._repaint()

    def path(self) -> QPainterPath:
        return self._path

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._area

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(_GRIP)
        return stroker.createStroke(self._path)

    def itemChange(self, change, value):  # noqa: N802
        if change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self._chosen = bool(value)
            self._repaint()
        return super().itemChange(change, value)

    def hoverEnterEvent(self, event) -> None:  # noqa: N802
        self.highlight(True)

    def hoverLeaveEvent(self, event) -> None:  # noqa: N802
        self.highlight(False)

    def _repaint(self) -> None:
        if not self._area.isNull() and (scene := self.scene()):  # an empty rectangle would mean all of the scene
            scene.update(self._area)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Nothing: it is painted together with the others."""
