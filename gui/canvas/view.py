"""The canvas: editing the graph with mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from convscope.engine.graph import INPUT
from convscope.engine.spec import ConvscopeError

from ..layer_list import MIME
from ..models import edits, folding, legality
from ..models.document import Document
from . import accessible
from .camera import Camera
from .keys import Keys
from .minimap import Minimap
from .node_item import NodeItem
from .ports import HEIGHT, WIDTH
from .search import SearchPopup
from .wire_item import WireItem
from .wiring import Wiring


class GraphView(Camera):
    """The editor. `inspect` asks to edit the current node, `menu_wanted` for the menu at a point of the screen,
    `refused` tells why a layer or block could not be added.

    A double click on a folded block unfolds it; one on the title of its frame folds it again.
    """

    inspect = Signal()
    menu_wanted = Signal(QPoint)
    refused = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self.keys = Keys(self)
        self.minimap = Minimap(self)
        self._wiring: Wiring | None = None
        self._pan_from: QPoint | None = None
        self._space = False
        self._drop_wire: WireItem | None = None
        self.setAccessibleName("Network canvas")
        accessible.install()
        self.setDragMode(Camera.DragMode.RubberBandDrag)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        document.selection_changed.connect(self.describe)
        document.changed.connect(self.keys.cancel)
        self._told = set(self.graph.nodes)  # the cards that assistive technology knows of
        for signal in (document.changed, document.replaced):
            signal.connect(self._tell_cards)
        document.replaced.connect(self.keys.cancel)

    def current_card(self) -> NodeItem | None:
        """The card of what is selected, on which keys act."""
        return self.graph.nodes.get(self.document.drawing.card(self.document.selected))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        accessible.tell_focus(self)

    def _tell_cards(self) -> None:
        before, self._told = self._told, set(self.graph.nodes)
        if before != self._told:
            accessible.tell_cards(self, before)

    def describe(self, name: str) -> None:
        """Tell assistive technology what is selected."""
        accessible.tell_focus(self)
        if name in self.graph.nodes:
            self.setAccessibleDescription(self.graph.nodes[name].description().replace("\n", ". "))
        else:
            self.setAccessibleDescription("Nothing selected")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.minimap.place()

    # ---- adding

    def open_search(self, scene_point: QPointF | None = None, source: str = "", target: str = "") -> SearchPopup:
        """Offer the layers that can be there. Without a point the new one goes below `source`, or the current node."""
        title = f"Add a layer after {source}" if source else f"Add a layer before {target}" if target else "Add a layer"
        drawing = self.document.drawing
        refused: dict[str, str] = {}
        if source:
            refused = legality.refused_after(drawing.network, drawing.result(source))
        elif target:
            refused = legality.refused_before(drawing.network, drawing.members(target)[0])
        popup = SearchPopup(title, self, refused)

        def add(type_name: str) -> None:
            if scene_point is None:
                self.add(type_name, source)
            else:
                self.add_at(type_name, scene_point, source, target)

        popup.chosen.connect(add)
        popup.show_at(self.viewport().mapToGlobal(self._search_place(scene_point)))
        return popup

    def _search_place(self, scene_point: QPointF | None) -> QPoint:
        """Where the search opens: at the point, else below the current card, else in the middle."""
        if scene_point is not None:
            return self.mapFromScene(scene_point)
        if self.document.selected in self.graph.nodes:
            return self.mapFromScene(self.graph.nodes[self.document.selected].body().bottomLeft()) + QPoint(0, 10)
        return self.viewport().rect().center()

    def add(self, type_name: str, source: str = "") -> None:
        """Add a layer or block below `source`, or the current card, and bring it into view."""
        with self._refusing():
            edits.add_after(self.document, type_name, source or None)
            self.reveal(self.document.selected)

    def add_at(self, type_name: str, point: QPointF, source: str = "", target: str = "") -> None:
        """Add a layer or block whose card is centred on a scene point; on a wire it goes into it."""
        place = _snapped(point)
        wire = None if source or target else self.graph.wire_at(point)
        with self._refusing():
            if wire is not None:
                edits.splice(self.document, type_name, wire.link, place)
            else:
                edits.add_at(self.document, type_name, place, source, target)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Tell why an edit cannot be made: a block depends on the channels that it reads, which may not be known."""
        try:
            yield
        except ConvscopeError as error:
            self.refused.emit(str(error))

    def dragEnterEvent(self, event) -> None:  # noqa: N802
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()
        else:
            event.ignore()  # files go to the window

    def dragMoveEvent(self, event) -> None:  # noqa: N802
        if event.mimeData().hasFormat(MIME):
            self._highlight(self.graph.wire_at(self.mapToScene(event.position().toPoint())))
            event.acceptProposedAction()

    def dragLeaveEvent(self, event) -> None:  # noqa: N802
        self._highlight(None)

    def dropEvent(self, event) -> None:  # noqa: N802
        self._highlight(None)
        if event.mimeData().hasFormat(MIME):
            type_name = bytes(event.mimeData().data(MIME).data()).decode()
            self.add_at(type_name, self.mapToScene(event.position().toPoint()))
            self.setFocus()
            event.acceptProposedAction()

    def _highlight(self, wire: WireItem | None) -> None:
        if wire is not self._drop_wire:
            if self._drop_wire is not None and self._drop_wire.scene() is not None:
                self._drop_wire.highlight(False)
            if wire is not None:
                wire.highlight(True)
            self._drop_wire = wire

    # ---- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._pan_from = event.position().toPoint()
            self.keeps_all_in_view = False
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        self.keys.cancel()
        point = self.mapToScene(event.position().toPoint())
        node = self.graph.node_at(point) if left else None
        port = node.port_at(point) if node else None
        if node and port and not (node.name == INPUT and port.side == "in"):
            self._wiring = Wiring(self.graph, node, port)
            return
        if event.button() != Qt.MouseButton.RightButton:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        place = event.position().toPoint()
        if self._pan_from is not None:
            self.scroll_by(self._pan_from - place)
            self._pan_from = place
        elif self._wiring is not None:
            self._wiring.move(self.mapToScene(place))
        else:
            super().mouseMoveEvent(event)
            self._highlight(self._splice_target())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pan_from is not None:
            self._pan_from = None
            self.viewport().unsetCursor()
        elif self._wiring is not None:
            self._finish_wiring(self.mapToScene(event.position().toPoint()))
        else:
            wire = self._splice_target()
            super().mouseReleaseEvent(event)
            self.graph.end_snapping()
            self._highlight(None)
            if wire is not None:
                name = self.graph.selected_names()[0]
                place = self.graph.nodes[name].pos()
                edits.splice_existing(self.document, name, wire.link, (place.x(), place.y()))
            else:
                self.graph.commit_moves()

    def _finish_wiring(self, point: QPointF) -> None:
        wiring, self._wiring = self._wiring, None
        if wiring is None:
            return
        wiring.move(point)
        done = wiring.drop()
        wiring.end()
        dragged = QLineF(wiring.node.port_position(wiring.port), point).length() > 24
        if done or not dragged:
            return
        if wiring.forwards:
            self.open_search(point, source=wiring.node.name)
        else:
            self.open_search(point, target=wiring.node.name)

    def _splice_target(self) -> WireItem | None:
        """The wire under an unconnected card that is being dragged."""
        names = self.graph.selected_names()
        moving = self.graph.mouseGrabberItem() is not None and len(names) == 1
        drawing = self.document.drawing
        if not moving or names[0] not in drawing or names[0] in drawing.folded:
            return None
        if drawing.nodes[names[0]].inputs or drawing.consumers(names[0]):
            return None
        body = self.graph.nodes[names[0]].body()
        return next((wire for wire in self.graph.wires.values() if wire.shape().intersects(body)), None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        point = self.mapToScene(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        card = self.graph.node_at(point)
        frame = self.graph.frame_at(point)
        if card is not None and card.name in self.document.drawing.folded:
            folding.unfold(self.document, [card.name])
        elif card is not None:
            self.inspect.emit()
        elif frame is not None:
            folding.fold(self.document, [frame.name])
        else:
            self.open_search(point)

    def contextMenuEvent(self, event) -> None:  # noqa: N802
        point = self.mapToScene(event.pos())
        item = self.graph.node_at(point) or self.graph.wire_at(point)
        if item is not None and not item.isSelected():
            self.graph.clearSelection()
            item.setSelected(True)
        self.menu_wanted.emit(event.globalPos())

    # ---- keyboard

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self.keys.wants(event):
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and _is_tab(event):
            if not self.keys.press(event):
                self.open_search()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = event.key()
        if self.keys.press(event):
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.inspect.emit()
        elif key == Qt.Key.Key_Space:
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key == Qt.Key.Key_Escape:
            self._cancel()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.viewport().unsetCursor()
        super().keyReleaseEvent(event)

    def _cancel(self) -> None:
        if self._wiring is not None:
            self._wiring.end()
            self._wiring = None
        elif not self.keys.cancel():
            self.graph.clearSelection()


def _is_tab(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab and not event.modifiers()


def _snapped(centre: QPointF) -> tuple[float, float]:
    """The top-left corner, on the grid, of a card with this centre."""
    x, y = centre.x() - WIDTH / 2, centre.y() - HEIGHT / 2
    return round(x / 4) * 4.0, round(y / 4) * 4.0
