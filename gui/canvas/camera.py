"""Looking at the graph: zoom, fit, scroll, and what lies behind the cards."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPolygonF, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from ..models.document import Document
from ..theme import body_font, follow, theme
from .scene import GraphScene

_ZOOM_STEP = 1.0015
_SMALLEST, _LARGEST = 0.08, 3.0
_DOTS = 24.0
_FIT_MARGIN = 28.0
_FELT = 8  # pixels: for less, as when the title of a panel changes, nothing moves away from under the pointer
_FIRST_STEP = (
    "Double-click, press Tab, or drag a layer here to begin.\n"
    "File ▸ Gallery of Architectures has networks to start from."
)


class Camera(QGraphicsView):
    """Shows a document's graph; `zoomed` tells the new scale, `looked` that another part is seen.

    While `keeps_all_in_view`, resizing fits everything.
    """

    zoomed = Signal(float)
    looked = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        self.graph = GraphScene(document)
        super().__init__(self.graph, parent)
        self.graph.setParent(self)
        self.document = document
        self.keeps_all_in_view = True  # until the user looks at a part of it
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._empty = True  # whether the first step is said
        document.replaced.connect(lambda: self.fit(all_nodes=True))
        document.changed.connect(self._follow_emptiness)
        follow(self, lambda: self.setBackgroundBrush(theme.color("canvas")))

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def zoom_to(self, zoom: float, fixed: QPoint | None = None) -> None:
        """Show at this scale, 1 for 100 %, with what is at `fixed` (by default the middle) staying where it is."""
        self.keeps_all_in_view = False
        fixed = self.viewport().rect().center() if fixed is None else fixed
        before = self.mapToScene(fixed)
        factor = min(_LARGEST, max(_SMALLEST, zoom)) / self.zoom
        self.scale(factor, factor)
        self.scroll_by(self.mapFromScene(before) - fixed)
        self.zoomed.emit(self.zoom)

    def fit(self, all_nodes: bool = False) -> None:
        """Show the selection, or everything, at no more than 100 %."""
        names = [] if all_nodes else self.graph.selected_names()
        area = self.graph.extent(names if len(names) > 1 else None)
        size = self.viewport().size()
        width, height = size.width() - 2 * _FIT_MARGIN, size.height() - 2 * _FIT_MARGIN
        if not area.isEmpty() and width > 0 and height > 0:
            self.zoom_to(min(1.0, width / area.width(), height / area.height()))
            self.centerOn(area.center())
        self.keeps_all_in_view = len(names) <= 1

    def fit_soon(self) -> None:
        """Show everything once the cards have come to rest."""
        if self.graph.moving:
            self.graph.settled.connect(self.fit_soon, Qt.ConnectionType.SingleShotConnection)
        else:
            self.fit(all_nodes=True)

    def reveal(self, name: str) -> None:
        """Scroll so that a node is seen."""
        name = self.document.drawing.card(name)
        if name in self.graph.nodes:
            self.ensureVisible(self.graph.nodes[name], 32, 32)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        grown = event.size() - event.oldSize()
        if self.keeps_all_in_view and max(abs(grown.width()), abs(grown.height())) >= _FELT:
            self.fit(all_nodes=True)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoom_to(self.zoom * _ZOOM_STEP ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        super().drawBackground(painter, rect)
        step = _DOTS if self.zoom >= 0.6 else _DOTS * 4
        if self.zoom < 0.2:
            return
        corner = QPointF(rect.left() - rect.left() % step, rect.top() - rect.top() % step)
        pen = QPen(theme.color("grid"), 1.6)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.translate(corner)
        painter.drawPoints(_dots(int(rect.width() / step) + 2, int(rect.height() / step) + 2, step))
        painter.translate(-corner)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        """In an empty network, say how to begin."""
        if len(self.document.network) > 0:
            return
        painter.resetTransform()
        painter.setFont(body_font())
        painter.setPen(theme.color("muted"))
        area = self.viewport().rect().adjusted(0, self.viewport().height() * 5 // 8, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, _FIRST_STEP)

    def _follow_emptiness(self) -> None:
        """The first step lies across all cards, so all is painted anew when it goes or comes back."""
        empty = len(self.document.network) == 0
        if empty != self._empty:
            self._empty = empty
            self.viewport().update()

    def look_at(self, point: QPointF) -> None:
        """Bring a point of the scene to the middle."""
        self.keeps_all_in_view = False
        self.centerOn(point)
        self.looked.emit()

    def scroll_by(self, by: QPoint) -> None:
        """Move what is seen by so many pixels."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + by.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + by.y())
        self.looked.emit()


@lru_cache(maxsize=64)  # a view is mostly painted in the same few sizes
def _dots(columns: int, rows: int, step: float) -> QPolygonF:
    return QPolygonF([QPointF(c * step, r * step) for c in range(columns) for r in range(rows)])
