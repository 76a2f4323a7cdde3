"""Locks on the cards of layers that do not learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..theme import theme

if TYPE_CHECKING:
    from .scene import GraphScene

_RADIUS = 9.0
_CENTRE = QPointF(2, 2)  # over the corner of the card


class Lock(QGraphicsItem):
    """A round mark on the corner of a card, its parent."""

    def __init__(self, card: QGraphicsItem) -> None:
        super().__init__(card)
        self.setPos(_CENTRE)
        self.setToolTip("Frozen: its weights stay as they are while the network learns")

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(-_RADIUS - 1, -_RADIUS - 1, 2 * _RADIUS + 2, 2 * _RADIUS + 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("canvas"), 2))
        painter.setBrush(theme.color("muted"))
        painter.drawEllipse(QPointF(), _RADIUS, _RADIUS)
        painter.setPen(QPen(theme.color("surface"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(QRectF(-2.5, -5.5, 5, 7), 0, 180 * 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(-4, -1.5, 8, 5.5), 1, 1)


class Locks(QObject):
    """Keeps locks on those cards of `scene` whose layers with weights are all frozen."""

    def __init__(self, scene: GraphScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self._locks: dict[str, Lock] = {}
        document = scene.document
        for signal in (document.frozen.changed, document.changed, document.replaced):
            signal.connect(self._refresh)

    @property
    def names(self) -> set[str]:
        """The cards that have a lock."""
        return set(self._locks)

    def _refresh(self) -> None:
        frozen = set(self._scene.document.frozen.names)
        if not frozen and not self._locks:
            return
        wanted = self._wanted(frozen) if frozen else set()
        nodes = self._scene.nodes
        for name in [n for n, lock in self._locks.items() if n not in wanted or lock.parentItem() is not nodes.get(n)]:
            lock = self._locks.pop(name)
            if lock.scene() is not None:
                self._scene.removeItem(lock)
        for name in wanted - self._locks.keys():
            self._locks[name] = Lock(nodes[name])

    def _wanted(self, frozen: set[str]) -> set[str]:
        document = self._scene.document
        learned = set(document.frozen.freezable)
        cards = {name: learned.intersection(document.drawing.members(name)) for name in document.drawing.nodes}
        return {name for name, layers in cards.items() if layers and layers <= frozen and name in self._scene.nodes}
