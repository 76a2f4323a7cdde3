"""Dragging a wire: a live preview, what it may be dropped on, and why not."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models import edits, legality
from ..theme import small_font, theme
from .node_item import NodeItem
from .ports import Port
from .route import straight
from .scene import GraphScene


class Wiring:
    """One drag from a port until release, or a choice made with the keyboard.

    `refusal` says why the node under the pointer cannot be connected, `doubt` what would be wrong if it were.
    """

    def __init__(self, scene: GraphScene, node: NodeItem, port: Port) -> None:
        self._scene = scene
        self.node, self.port = node, port
        self.target: NodeItem | None = None
        self.refusal, self.doubt = "", ""
        self._preview = _Preview()
        self._hint = _Hint()
        scene.addItem(self._preview)
        scene.addItem(self._hint)

    @property
    def forwards(self) -> bool:
        """Whether the drag began at an output."""
        return self.port.side == "out"

    def move(self, point: QPointF) -> None:
        """Follow the pointer."""
        under = self._scene.node_at(point)
        target = None if under is self.node else under
        if target is not self.target:
            self._take(target)
        self._preview.follow(self._path(point), bool(self.refusal))
        self._hint.follow(point, self.refusal or self.doubt, "error" if self.refusal else "warning")

    def choose(self, target: NodeItem | None, hint: str) -> None:
        """Take a target that was chosen with the keyboard; `hint` says what the keys do where nothing is wrong."""
        self._take(target)
        point = (target or self.node).body().bottomLeft()
        path = QPainterPath()
        if target is not None:
            end = target.port_position(Port("in", max(0, min(target.card.connected, target.card.slots - 1))))
            path = straight(self.node.port_position(self.port), end)
        self._preview.follow(path, bool(self.refusal))
        text = self.refusal or (f"{self.doubt}.  {hint}" if self.doubt else hint)
        self._hint.follow(point, text, "error" if self.refusal else "warning" if self.doubt else "accent")

    def _take(self, target: NodeItem | None) -> None:
        self._unmark()
        self.target = target
        self.refusal, self.doubt = "", ""
        if target is not None:
            drawing = self._scene.document.drawing
            source, reader = (self.node, target) if self.forwards else (target, self.node)
            self.refusal = edits.refusal(drawing, source.name, reader.name)
            self.doubt = "" if self.refusal else legality.misfit(drawing, source.name, reader.name)
            target.mark("refused" if self.refusal else "target")

    def _path(self, point: QPointF) -> QPainterPath:
        fixed = self.node.port_position(self.port)
        if self.target is None or self.refusal:
            end = point
        elif self.forwards:
            end = self.target.port_position(Port("in", min(self.target.card.connected, self.target.card.slots - 1)))
        else:
            end = self.target.port_position(Port("out"))
        return straight(fixed, end) if self.forwards else straight(end, fixed)

    def drop(self) -> bool:
        """Connect to the node under the pointer; False if there is none, so that a new node may be offered."""
        target = self.target
        if target is None:
            return False
        if not self.refusal:
            source, reader = (self.node, target) if self.forwards else (target, self.node)
            edits.connect(self._scene.document, source.name, reader.name)
        return True

    def end(self) -> None:
        """Take the preview away."""
        self._unmark()
        self._scene.removeItem(self._preview)
        self._scene.removeItem(self._hint)

    def _unmark(self) -> None:
        if self.target is not None:
            self.target.mark("")


class _Preview(QGraphicsItem):
    """The wire under the pointer."""

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._refused = False
        self.setZValue(3)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def follow(self, path: QPainterPath, refused: bool) -> None:
        self.prepareGeometryChange()
        self._path, self._refused = path, refused
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._path.boundingRect().adjusted(-4, -4, 4, 4)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(theme.color("error" if self._refused else "accent"), 2.4)
        pen.setStyle(Qt.PenStyle.DashLine if self._refused else Qt.PenStyle.SolidLine)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.drawPath(self._path)


class _Hint(QGraphicsItem):
    """A line of text beside the pointer, at the same size whatever the zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self._colour = "", "error"
        self._area = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(4)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def follow(self, point: QPointF, text: str, colour: str) -> None:
        if (text, colour) != (self.text, self._colour):
            self.prepareGeometryChange()
            self.text, self._colour = text, colour
        self.setPos(point)
        self._place(point)
        self.setVisible(bool(text))

    def _place(self, point: QPointF) -> None:
        """Lie beside the pointer, or so far to its left as it takes to be seen whole."""
        width = QFontMetricsF(small_font()).horizontalAdvance(self.text) + 20
        left = 14.0
        for view in self.scene().views():
            room = view.viewport().width() - view.mapFromScene(point).x() - width - 8
            left = min(left, max(room, 8 - view.mapFromScene(point).x()))
        if (left, width) != (self._area.left(), self._area.width()):
            self.prepareGeometryChange()
            self._area = QRectF(left, 14, width, 26)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._area.adjusted(-1, -1, 1, 1)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(self._colour), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(self._area, 5, 5)
        painter.setFont(small_font())
        painter.setPen(theme.color(self._colour))
        painter.drawText(self._area, Qt.AlignmentFlag.AlignCenter, self.text)
