"""The whole network in a corner of the canvas, and the part of it that is seen: press or drag there to go there."""

from __future__ import annotations

from functools import cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from ..models.arrange import CARD
from ..theme import follow, theme
from .camera import Camera
from .heat import heat_colour
from .node_item import NodeItem

_SIZE = QSize(184, 120)
_MARGIN, _EDGE = 12, 6
_LEAST = 2.0  # pixels of a card, however large the network
_FROM = 12  # cards: fewer are seen at a glance
_REST_MS = 60  # edits in quick succession make one picture

TINTS = {"category": "Kind of layer", "cost": "Cost", "problems": "Problems"}


class Minimap(QWidget):
    """Stands in the lower right corner of a canvas while not all of the network is in view."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._camera, self._graph = camera, camera.graph
        self._tint = "category"
        self._picture: QPixmap | None = None
        self.setAccessibleName("Minimap")
        self.setToolTip("Press or drag to look elsewhere")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(_SIZE)
        self.wanted = True
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._refresh)
        document = camera.document
        for signal in (document.changed, document.replaced, document.moved, document.costs_changed):
            signal.connect(self._later.start)
        for signal in (self._graph.settled, self._graph.burden.measured, camera.zoomed, camera.looked):
            signal.connect(self._later.start)
        for bar in (camera.horizontalScrollBar(), camera.verticalScrollBar()):
            bar.valueChanged.connect(self.update)
        self._outdated = QTimer(self)
        self._outdated.setSingleShot(True)
        self._outdated.setInterval(_REST_MS)
        self._outdated.timeout.connect(self._repaint)
        for signal in (document.changed, document.moved, document.costs_changed, self._graph.burden.measured):
            signal.connect(self._expire)
        document.replaced.connect(self._repaint)
        follow(self, self._repaint)
        self.hide()
        self._later.start()

    @property
    def tint(self) -> str:
        """What the colours of the cards tell: a key of TINTS."""
        return self._tint

    @tint.setter
    def tint(self, tint: str) -> None:
        self._tint = tint
        self._repaint()

    def place(self) -> None:
        """Stand in the corner of the canvas."""
        corner = self._camera.viewport().geometry().bottomRight()
        self.move(corner.x() - self.width() - _MARGIN, corner.y() - self.height() - _MARGIN)
        self._later.start()

    def _expire(self) -> None:
        """Paint the network anew in a moment; until then it is shown as it was."""
        if not self._outdated.isActive():
            self._outdated.start()

    def _repaint(self) -> None:
        self._outdated.stop()
        self._picture = None
        self.update()

    def _refresh(self) -> None:
        """Be there only while there is something that is not seen."""
        seen = self._camera.mapToScene(self._camera.viewport().rect()).boundingRect()
        useful = len(self._graph.nodes) >= _FROM and not seen.contains(self._graph.area())
        self.setVisible(self.wanted and useful)
        self.update()

    # ---- geometry

    def _scale(self) -> float:
        area = self._graph.area()
        return min((self.width() - 2 * _EDGE) / area.width(), (self.height() - 2 * _EDGE) / area.height())

    def _origin(self) -> QPointF:
        """Where the network's upper left corner is in the minimap."""
        area, scale = self._graph.area(), self._scale()
        return QPointF((self.width() - area.width() * scale) / 2, (self.height() - area.height() * scale) / 2)

    def _to_scene(self, point: QPointF) -> QPointF:
        return (point - self._origin()) / self._scale() + self._graph.area().topLeft()

    def _seen(self) -> QRectF:
        """The part that the canvas shows, in the minimap."""
        seen, scale = self._camera.mapToScene(self._camera.viewport().rect()).boundingRect(), self._scale()
        corner = (seen.topLeft() - self._graph.area().topLeft()) * scale + self._origin()
        return QRectF(corner.x(), corner.y(), seen.width() * scale, seen.height() * scale)

    # ---- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._camera.look_at(self._to_scene(event.position()))
        event.accept()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatio():
            self._picture = self._drawn()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        seen = self._seen().intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        fill = QColor(theme.color("accent"))
        fill.setAlphaF(0.12)
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.setBrush(fill)
        painter.drawRoundedRect(seen, 2, 2)

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatio()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.drawImage(QPointF(0, 0), self._cards(ratio))
        painter.end()
        return picture

    def _cards(self, ratio: float) -> QImage:
        """All cards as plain rectangles on whole pixels, later ones over earlier ones."""
        scale, origin, corner = self._scale() * ratio, self._origin() * ratio, self._graph.area().topLeft()
        wide, high = (max(1, round(max(_LEAST * ratio, side * scale))) for side in CARD)
        at = np.rint((self._graph.corners() - corner.toTuple()) * scale + origin.toTuple()).astype(int)
        nodes = self._graph.nodes
        colours = np.array([self._colour(nodes[name]) for name in self._graph.places], np.uint32)
        rows = at[:, 1, None, None] + np.arange(high)[:, None]
        columns = at[:, 0, None, None] + np.arange(wide)
        pixels = np.zeros((round(self.height() * ratio) + high, round(self.width() * ratio) + wide), np.uint32)
        pixels[rows, columns] = colours[:, None, None]
        image = QImage(pixels.view(np.uint8).data, pixels.shape[1], pixels.shape[0], QImage.Format.Format_ARGB32).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def _colour(self, item: NodeItem) -> int:
        if self._tint == "cost" and item.share.part > 0:
            return heat_colour(item.share.heat).rgb()
        if self._tint == "category":
            return _rgb("category", item.card.category, theme.dark)
        problem = item.look.problem if self._tint == "problems" else ""
        return _rgb("token", problem or "line", theme.dark)


@cache
def _rgb(kind: str, name: str, dark: bool) -> int:
    """A category's colour or a token as a number, for one appearance."""
    return (theme.category(name) if kind == "category" else theme.color(name)).rgb()
