"""A wire between two nodes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.edits import Link
from ..theme import theme
from .node_item import NodeItem, Port
from .route import Blockers, route, straight

_GRIP = 12.0  # how wide the area is that takes clicks


class WireItem(QGraphicsItem):
    """Paints the course of a link and can be selected. `reroute` follows its ends."""

    def __init__(self, link: Link, source: NodeItem, target: NodeItem) -> None:
        super().__init__()
        self.link = link
        self.source, self.target = source, target
        self._path = QPainterPath()
        self._hovered = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setAcceptHoverEvents(True)
        self.setToolTip(f"{link.source} → {link.target}")

    def reroute(self, blockers: Blockers | None = None) -> None:
        """Find a course between the ends, around `blockers` if given."""
        start = self.source.port_position(Port("out"))
        end = self.target.port_position(Port("in", self.link.port))
        path = straight(start, end) if blockers is None else route(start, end, blockers)
        if path != self._path:
            self.prepareGeometryChange()
            self._path = path

    def highlight(self, on: bool) -> None:
        """Show that a drop here would insert into the wire."""
        if on != self._hovered:
            self._hovered = on
            self.update()

    def path(self) -> QPainterPath:
        return self._path

    def near(self, point: QPointF) -> bool:
        """Whether a scene point lies on the wire, generously."""
        return self.shape().contains(point)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._path.boundingRect().adjusted(-_GRIP, -_GRIP, _GRIP, _GRIP)

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(_GRIP)
        return stroker.createStroke(self._path)

    def hoverEnterEvent(self, event) -> None:  # noqa: N802
        self.highlight(True)

    def hoverLeaveEvent(self, event) -> None:  # noqa: N802
        self.highlight(False)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        active = self._hovered or self.isSelected()
        pen = QPen(theme.color("accent" if active else "wire"), 2.6 if self.isSelected() else 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
