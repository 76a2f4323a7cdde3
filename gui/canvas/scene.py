"""The graph as a scene. It follows the document by comparing, so that an edit touches only what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QPointF, QRectF, QTimer, QVariantAnimation, Signal
from PySide6.QtWidgets import QGraphicsScene

from convscope.engine.graph import INPUT, Node

from ..models.burden import NONE, Burden
from ..models.document import Document
from ..models.edits import Link
from ..theme import follow
from .boxes import Boxes
from .cards import Deck
from .frame_item import FrameItem, frames
from .guides import Guides, caught
from .node_item import NodeItem
from .ports import HEIGHT, WIDTH
from .route import Edges
from .router import Router
from .sheets import CardSheet, WireSheet
from .wire_item import WireItem

_MARGIN = 2000.0  # around the cards, to pan
_LARGEST_ANIMATED = 200
_WEIGH_MS = 30  # two frames
_SEPARATE = 24  # areas in which wires are looked for one after the other; more are mostly a column that moved
_REACH = 40.0  # wires pass cards at less than this distance


class GraphScene(QGraphicsScene):
    """Node and wire items of a document. Moving cards by hand is committed with `commit_moves`.

    `settled` tells that cards which the document moved have come to rest. An edit touches the cards whose texts
    changed, the wires whose ends did, and the courses of wires near what moved.
    """

    settled = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Link, WireItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.burden = Burden(document, self)
        self.router = Router(self.blockers, self)
        self.animation_ms = 180
        self._deck = Deck(document)
        self._cards: Boxes[NodeItem] = Boxes()
        self._wires: Boxes[WireItem] = Boxes()
        self.addItem(CardSheet(self._cards.touching))
        self.addItem(WireSheet(self._wires.touching))
        self._tinted = False
        self._places: dict[str, tuple[float, float]] = {}  # where the document had the cards last
        self._guides = Guides()
        self.addItem(self._guides)
        self._touched: set[str] = set()  # cards that were moved by hand since
        self._disturbed: list[QRectF] = []  # areas where wires have to find their courses again
        self._read: Mapping[str, Node] = {}  # the drawing's nodes when wires were last made
        self._corners: np.ndarray | None = None  # those places as an array
        self._framed: object = None  # what the frames were made of
        self._quiet = False  # while items are moved or selected by the program
        self._attached: dict[str, list[WireItem]] = {}
        self._animation = QVariantAnimation(self, startValue=0.0, endValue=1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._animate)
        self._animation.finished.connect(self._settle)
        self._course: dict[str, tuple[QPointF, QPointF]] = {}
        self._scales = QTimer(self)
        self._scales.setSingleShot(True)
        self._scales.setInterval(_WEIGH_MS)
        self._scales.timeout.connect(self._weigh)
        document.changed.connect(self.sync)
        document.replaced.connect(self._reload)
        document.moved.connect(self._follow_layout)
        document.costs_changed.connect(self._expect_costs)
        document.selection_changed.connect(self._show_selection)
        self.burden.measured.connect(self._weigh)
        self.selectionChanged.connect(self._take_selection)
        follow(self, self.update_all)
        self._reload()

    # ---- following the document

    def sync(self) -> None:
        """Create, update and remove items so that they show the network as it is."""
        wanted = self._deck.cards()
        self._remove([name for name in self.nodes if name not in wanted])
        for name, card in wanted.items():
            item = self.nodes.get(name)
            if item is None:
                self._add(NodeItem(card, self._node_dragged, self.snap))
            elif item.card is not card:
                item.present(card)
        self.nodes = {name: self.nodes[name] for name in wanted}
        self._sync_wires()
        self._follow_layout()

    def _add(self, item: NodeItem) -> None:
        place = self.document.network.layout[item.name]
        self.nodes[item.name], self._places[item.name], self._corners = item, place, None
        item.setPos(QPointF(*place))
        self.addItem(item)
        self._cards.put(item, item.area())
        self.update(item.area())
        self._disturbed.append(item.body())

    def _remove(self, names: list[str]) -> None:
        for name in names:
            item = self.nodes.pop(name)
            self._places.pop(name, None)
            self._corners = None
            self._touched.discard(name)
            self._disturbed.append(item.body())
            self._cards.drop(item)
            self.update(item.area())
            self.removeItem(item)

    def _expect_costs(self) -> None:
        """Take up other costs; of many cards once the tables have been painted."""
        if len(self.nodes) > _LARGEST_ANIMATED:
            self._scales.start()
        else:
            self._weigh()

    def _weigh(self) -> None:
        """Show what each card takes of the measure."""
        self._scales.stop()
        shares, title = self.burden.shares, self.burden.title
        for name, item in self.nodes.items():
            item.weigh(shares.get(name, NONE), title, self._tinted)

    @property
    def tinted(self) -> bool:
        """Whether cards have the colour of their cost."""
        return self._tinted

    @tinted.setter
    def tinted(self, on: bool) -> None:
        self._tinted = on
        self._weigh()

    def _sync_wires(self) -> None:
        """Exchange the wires into cards that read other cards than before."""
        before, self._read = self._read, self.document.drawing.nodes
        if before is self._read:
            return
        for name in before.keys() - self._read.keys():
            self._wire(name, ())
        for name, node in self._read.items():
            known = before.get(name)
            if known is not node and (known is None or known.inputs != node.inputs):
                self._wire(name, node.inputs)

    def _wire(self, name: str, sources: tuple[str, ...]) -> None:
        """Give a card these wires, one a port, and no others."""
        wanted = [Link(source, name, port) for port, source in enumerate(sources)]
        for wire in [w for w in self._attached.get(name, ()) if w.link.target == name and w.link not in wanted]:
            self._drop_wire(self.wires.pop(wire.link))
        for link in wanted:
            if link not in self.wires:
                wire = self.wires[link] = WireItem(link, self.nodes[link.source], self.nodes[name], self._wire_moved)
                self._attached.setdefault(link.source, []).append(wire)
                self._attached.setdefault(name, []).append(wire)
                self.addItem(wire)
                wire.follow()
                self._disturbed += [wire.source.body(), wire.target.body()]  # their ports may have moved

    def _drop_wire(self, wire: WireItem) -> None:
        for name in (wire.link.source, wire.link.target):
            self._attached[name].remove(wire)
        self._disturbed += [wire.source.body(), wire.target.body()]
        self.router.forget(wire)
        self._wires.drop(wire)
        self.update(wire.boundingRect())
        self.removeItem(wire)

    def _wire_moved(self, wire: WireItem) -> None:
        self._wires.put(wire, wire.boundingRect())

    def _sync_frames(self) -> None:
        """Frames around the cards of blocks that are not folded."""
        network = self.document.network
        if not network.groups and not self.frames:
            return
        made_of = (list(network.groups.values()), list(self.document.drawing.folded), dict(network.layout))
        if made_of == self._framed:
            self._show_frames(True)
            return
        self._framed = made_of
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
        self.router.stop()
        self._course = {}
        for item in (*self.wires.values(), *self.nodes.values(), *self.frames.values()):
            self.removeItem(item)
        self.nodes, self.wires, self.frames = {}, {}, {}
        self._cards.clear()
        self._wires.clear()
        self.update()
        self._attached, self._places, self._touched = {}, {}, set()
        self._read, self._framed = {}, None
        self.sync()
        self._weigh()

    def update_all(self) -> None:
        """Paint everything anew: another appearance."""
        self.update()

    # ---- positions

    def _follow_layout(self) -> None:
        """Bring the cards to where the document has them, in a short movement."""
        self._animation.stop()
        layout = self.document.network.layout
        moved = (
            {name for name in self.nodes if layout[name] != self._places[name]} | self._touched | self._course.keys()
        )
        self._course = {}
        for name in moved & self.nodes.keys():
            item, place = self.nodes[name], layout[name]
            self._disturbed += [item.body(), QRectF(*place, WIDTH, HEIGHT), QRectF(*self._places[name], WIDTH, HEIGHT)]
            self._places[name], self._corners = place, None
            if item.pos() != QPointF(*place):
                self._course[name] = (item.pos(), QPointF(*place))
        self._touched.clear()
        if self._course and self._animated():
            self._show_frames(False)
            self._animation.setDuration(self.animation_ms)
            self._animation.start()
        elif self._course or self._disturbed:
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
                self._place(self.nodes[name], end if progress == 1 else start + (end - start) * progress)
        self._quiet = False
        for wire in {wire for name in self._course for wire in self._attached.get(name, ())}:
            wire.follow()

    def _place(self, item: NodeItem, place: QPointF) -> None:
        self.update(item.area())
        item.setPos(place)
        self.update(item.area())
        self._cards.put(item, item.area())

    def _settle(self) -> None:
        """After movement: final courses of the wires and room to pan."""
        self._course = {}
        self.router.route(self._near(self._disturbed))
        self._disturbed = []
        self._sync_frames()
        self._give_room()
        self.settled.emit()

    def _give_room(self) -> None:
        """Let the view pan a good way beyond the cards; in steps, since the scene sorts all items anew for each."""
        area, room = self.area(), self.sceneRect()
        least, most = (area.adjusted(-m, -m, m, m) for m in (_MARGIN, 3 * _MARGIN))
        if not room.contains(least) or not most.contains(room):
            self.setSceneRect(area.adjusted(-2 * _MARGIN, -2 * _MARGIN, 2 * _MARGIN, 2 * _MARGIN))

    def _near(self, areas: list[QRectF]) -> list[WireItem]:
        """The wires that may run otherwise now that something changed in these areas."""
        if len(areas) > _SEPARATE:
            areas = [reduce(QRectF.united, areas)]
        found: dict[WireItem, None] = {}
        for area in areas:
            found |= dict.fromkeys(self._wires.touching(area.adjusted(-_REACH, -_REACH, _REACH, _REACH)))
        return list(found)

    @property
    def places(self) -> Mapping[str, tuple[float, float]]:
        """Where the document has the cards."""
        return self._places

    def area(self) -> QRectF:
        """The area of all cards."""
        left, top = self.corners().min(0).tolist()
        right, bottom = self.corners().max(0).tolist()
        return QRectF(left, top, right - left + WIDTH, bottom - top + HEIGHT)

    def corners(self) -> np.ndarray:
        """Upper left corners of the cards where the document has them: (cards, 2), in the order of `places`."""
        if self._corners is None:
            self._corners = np.array(list(self._places.values()), float).reshape(-1, 2)
        return self._corners

    @property
    def moving(self) -> bool:
        """Whether cards are on their way to where the document has them."""
        return bool(self._course)

    def _node_dragged(self, item: NodeItem) -> None:
        if self._quiet:
            return
        self._cards.put(item, item.area())
        self._touched.add(item.name)
        for wire in self._attached.get(item.name, ()):
            wire.follow()

    def snap(self, item: NodeItem, place: QPointF) -> QPointF:
        """Where a card comes to lie that is dragged to a place: in line with others. Several move on the grid."""
        alone = len(self.selectedItems()) <= 1
        if not alone:
            return place
        others = (at for name, at in self._places.items() if name != item.name)
        left, top, lines = caught(place.x(), place.y(), others)
        self._guides.show_lines(lines)
        return QPointF(left, top)

    def end_snapping(self) -> None:
        """The drag is over."""
        self._guides.show_lines([])

    def commit_moves(self) -> None:
        """Make the positions to which cards were dragged an undo step; cards on their way were not."""
        places = {name: self.nodes[name].pos() for name in self._touched if name not in self._course}
        moved = {name: (pos.x(), pos.y()) for name, pos in places.items() if self._places[name] != (pos.x(), pos.y())}
        if moved:
            text = f"Move {next(iter(moved))}" if len(moved) == 1 else f"Move {len(moved)} layers"
            self.document.move(text, moved)

    def blockers(self, area: QRectF) -> Edges:
        """Left and right edges of the cards that touch an area, where the document has them."""
        left, top, right, bottom = area.left(), area.top(), area.right(), area.bottom()
        x, y = self.corners().T
        hit = (x < right) & (x > left - WIDTH) & (y < bottom) & (y > top - HEIGHT)
        left_edges = x[hit]
        return np.stack([left_edges, left_edges + WIDTH], axis=1)

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
        chosen = {item.name for item in self.selectedItems() if isinstance(item, NodeItem)}
        return [name for name in self.nodes if name in chosen] if len(chosen) > 1 else list(chosen)

    def select(self, names: list[str]) -> None:
        """Select exactly the cards of these nodes; the last one becomes current."""
        wanted = {self.document.drawing.card(name) for name in names}
        self._quiet = True
        for item in self.selectedItems():
            item.setSelected(isinstance(item, NodeItem) and item.name in wanted)
        for name in wanted & self.nodes.keys():
            self.nodes[name].setSelected(True)
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
