"""The graph as a scene. It follows the document by comparing, so that an edit touches only what it changed."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QRectF, QVariantAnimation, Signal
from PySide6.QtWidgets import QGraphicsScene

from convscope.engine.graph import INPUT

from ..models import edits
from ..models.document import Document
from ..models.edits import Link
from ..theme import follow
from .cards import cards
from .frame_item import FrameItem, frames
from .node_item import NodeItem
from .wire_item import WireItem

_MARGIN = 2000.0
_LARGEST_ANIMATED = 200


class GraphScene(QGraphicsScene):
    """Node and wire items of a document. Moving cards by hand is committed with `commit_moves`.

    `settled` tells that cards which the document moved have come to rest.
    """

    settled = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Link, WireItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.animation_ms = 180
        self._quiet = False  # while items are moved or selected by the program
        self._attached: dict[str, list[WireItem]] = {}
        self._animation = QVariantAnimation(self, startValue=0.0, endValue=1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._animate)
        self._animation.finished.connect(self._settle)
        self._course: dict[str, tuple[QPointF, QPointF]] = {}
        document.changed.connect(self.sync)
        document.replaced.connect(self._reload)
        document.moved.connect(self._follow_layout)
        document.selection_changed.connect(self._show_selection)
        self.selectionChanged.connect(self._take_selection)
        follow(self, self.update_all)
        self._reload()

    # ---- following the document

    def sync(self) -> None:
        """Create, update and remove items so that they show the network as it is."""
        wanted = cards(self.document)
        before = (list(self.nodes), list(self.wires))
        for name in [n for n in self.nodes if n not in wanted]:
            self.removeItem(self.nodes.pop(name))
        for name, card in wanted.items():
            if name in self.nodes:
                self.nodes[name].present(card)
            else:
                item = self.nodes[name] = NodeItem(card, self._node_moved)
                item.setPos(QPointF(*self.document.network.layout[name]))
                self.addItem(item)
        self._sync_wires()
        self._follow_layout(rewired=before != (list(self.nodes), list(self.wires)))

    def _sync_wires(self) -> None:
        wanted = set(edits.links(self.document.drawing))
        for link, wire in list(self.wires.items()):
            ends = (self.nodes.get(link.source), self.nodes.get(link.target))
            if link not in wanted or ends != (wire.source, wire.target):
                self.removeItem(self.wires.pop(link))
        for link in wanted - self.wires.keys():
            wire = self.wires[link] = WireItem(link, self.nodes[link.source], self.nodes[link.target])
            self.addItem(wire)
        self._attached = {name: [] for name in self.nodes}
        for link, wire in self.wires.items():
            self._attached[link.source].append(wire)
            self._attached[link.target].append(wire)

    def _sync_frames(self) -> None:
        """Frames around the cards of blocks that are not folded."""
        wanted = frames(self.document, {name: item.body() for name, item in self.nodes.items()})
        for name in [n for n in self.frames if n not in wanted]:
            self.removeItem(self.frames.pop(name))
        for name, frame in wanted.items():
            if name not in self.frames:
                self.frames[name] = FrameItem(frame)
                self.addItem(self.frames[name])
            self.frames[name].present(frame)
        self._show_frames(True)

    def _show_frames(self, on: bool) -> None:
        """Frames are not seen while cards move."""
        for frame in self.frames.values():
            frame.setVisible(on)

    def _reload(self) -> None:
        self._animation.stop()
        self._course = {}
        for item in (*self.wires.values(), *self.nodes.values(), *self.frames.values()):
            self.removeItem(item)
        self.nodes, self.wires, self.frames = {}, {}, {}
        self.sync()

    def update_all(self) -> None:
        """Paint everything anew: another appearance."""
        for item in self.items():
            item.update()

    # ---- positions

    def _follow_layout(self, rewired: bool = False) -> None:
        """Bring the cards to where the document has them, in a short movement."""
        self._animation.stop()
        layout = self.document.network.layout
        self._course = {
            name: (item.pos(), QPointF(*layout[name]))
            for name, item in self.nodes.items()
            if item.pos() != QPointF(*layout[name])
        }
        if self._course and self._animated():
            self._show_frames(False)
            self._animation.setDuration(self.animation_ms)
            self._animation.start()
        elif self._course or rewired:
            self._animate(1.0)
            self._settle()
        else:
            self._sync_frames()

    def _animated(self) -> bool:
        shown = any(view.isVisible() for view in self.views())
        return shown and self.animation_ms > 0 and len(self.nodes) <= _LARGEST_ANIMATED

    def _animate(self, progress: float) -> None:
        self._quiet = True
        for name, (start, end) in self._course.items():
            if name in self.nodes:
                self.nodes[name].setPos(start + (end - start) * progress)
        self._quiet = False
        for wire in {wire for name in self._course for wire in self._attached.get(name, ())}:
            wire.reroute()

    def _settle(self) -> None:
        """After movement: final courses of the wires and room to pan."""
        self._course = {}
        for wire in self.wires.values():
            wire.reroute(self.blockers)
        self._sync_frames()
        self.setSceneRect(self.extent().adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))
        self.settled.emit()

    @property
    def moving(self) -> bool:
        """Whether cards are on their way to where the document has them."""
        return bool(self._course)

    def _node_moved(self, item: NodeItem) -> None:
        if not self._quiet:
            for wire in self._attached.get(item.name, ()):
                wire.reroute()

    def commit_moves(self) -> None:
        """Make the positions to which cards were dragged an undo step; cards on their way were not."""
        still = [(name, item.pos()) for name, item in self.nodes.items() if name not in self._course]
        places = {name: (pos.x(), pos.y()) for name, pos in still}
        layout = self.document.network.layout
        moved = {name: place for name, place in places.items() if layout[name] != place}
        if moved:
            text = f"Move {next(iter(moved))}" if len(moved) == 1 else f"Move {len(moved)} layers"
            self.document.move(text, moved)

    def blockers(self, area: QRectF) -> list[QRectF]:
        """Bodies of the cards that touch an area."""
        found = self.items(area)
        return [b for item in found if isinstance(item, NodeItem) and (b := item.body()).intersects(area)]

    def extent(self, names: list[str] | None = None) -> QRectF:
        """The area of the cards of these nodes, or of all, with what hangs on them."""
        names = [self.document.drawing.card(name) for name in names] if names else names
        chosen = [self.nodes[n] for n in names if n in self.nodes] if names else list(self.nodes.values())
        area = QRectF()
        for item in chosen:
            area = area.united(item.sceneBoundingRect())
        return area

    # ---- finding

    def node_at(self, point: QPointF) -> NodeItem | None:
        """The topmost card at a scene point, its ports included."""
        return next((item for item in self.items(point) if isinstance(item, NodeItem)), None)

    def frame_at(self, point: QPointF) -> FrameItem | None:
        """The frame whose title is at a scene point."""
        return next((frame for frame in self.frames.values() if frame.title_area().contains(point)), None)

    def wire_at(self, point: QPointF) -> WireItem | None:
        """The wire at a scene point, if no card covers it."""
        items = self.items(point)
        if any(isinstance(item, NodeItem) and item.body().contains(point) for item in items):
            return None
        return next((item for item in items if isinstance(item, WireItem)), None)

    # ---- selection

    def selected_names(self) -> list[str]:
        """Names of the selected nodes, in the order of the network."""
        return [name for name, item in self.nodes.items() if item.isSelected()]

    def select(self, names: list[str]) -> None:
        """Select exactly the cards of these nodes; the last one becomes current."""
        names = [self.document.drawing.card(name) for name in names]
        self._quiet = True
        for name, item in self.nodes.items():
            item.setSelected(name in names)
        for wire in self.wires.values():
            wire.setSelected(False)
        self._quiet = False
        self._take_selection()

    def selected_links(self) -> list[Link]:
        return [link for link, wire in self.wires.items() if wire.isSelected()]

    def _take_selection(self) -> None:
        if self._quiet:
            return
        names = self.selected_names()
        if self.document.drawing.card(self.document.selected) not in names:
            self.document.select(names[-1] if names else "")

    def _show_selection(self, name: str) -> None:
        name = self.document.drawing.card(name)
        if self._quiet or (name and name in self.selected_names()):
            return
        self._quiet = True
        self.clearSelection()
        if name in self.nodes:
            self.nodes[name].setSelected(True)
        self._quiet = False

    @property
    def input_item(self) -> NodeItem:
        return self.nodes[INPUT]
