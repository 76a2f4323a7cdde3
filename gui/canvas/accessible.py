"""The canvas for assistive technology: each card and each wire is a child of the canvas, with a name, a place and a
state, and the keyboard's focus is announced on the card that it comes to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QPoint, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import isValid

from ..models.edits import Link
from .node_item import NodeItem
from .wire_item import WireItem

if TYPE_CHECKING:
    from .view import GraphView

_Text = QAccessible.Text


class _Part(QAccessibleInterface):
    """What a card and a wire have in common: they have no children and are no objects of Qt's.

    Qt keeps the address of what it was once given, so parts live as long as the program: they look up what they stand
    for whenever they are asked, and are not valid while it is not there.
    """

    def __init__(self, view: GraphView) -> None:
        super().__init__()
        self._view = view
        self.leaves = False  # while it is told that it is gone
        _KEPT.append(self)

    def _found(self) -> NodeItem | WireItem | None:
        """What this stands for, if it is there."""
        raise NotImplementedError

    def _area(self, item: Any) -> QRectF:
        """Its place in the scene."""
        return QRectF(item.sceneBoundingRect())

    def isValid(self) -> bool:  # noqa: N802
        return isValid(self._view) and (self.leaves or self._found() is not None)

    def object(self) -> Any:
        return None

    def window(self) -> Any:
        return self._view.window().windowHandle() if isValid(self._view) else None

    def relations(self, match: Any = None) -> list[Any]:
        return []

    def parent(self) -> Any:
        return QAccessible.queryAccessibleInterface(self._view) if isValid(self._view) else None

    def child(self, index: int) -> Any:
        return None

    def childCount(self) -> int:  # noqa: N802
        return 0

    def childAt(self, x: int, y: int) -> Any:  # noqa: N802
        return None

    def indexOfChild(self, child: Any) -> int:  # noqa: N802
        return -1

    def focusChild(self) -> Any:  # noqa: N802
        return None

    def role(self) -> Any:
        return QAccessible.Role.ListItem

    def setText(self, kind: Any, text: str) -> None:  # noqa: N802
        """Names are changed in the inspector."""

    def rect(self) -> QRect:
        if not isValid(self._view) or self._found() is None:
            return QRect()
        place = self._in_view()
        return QRect(self._view.viewport().mapToGlobal(place.topLeft()), place.size())

    def _in_view(self) -> QRect:
        return self._view.mapFromScene(self._area(self._found())).boundingRect()

    def state(self) -> Any:
        state, item = QAccessible.State(), self._found() if isValid(self._view) else None
        state.invalid = item is None
        if item is not None:
            state.focusable = state.selectable = state.multiSelectable = True
            state.selected = item.isSelected()
            state.focused = self._view.hasFocus() and self._view.current_card() is item
            state.offscreen = not self._view.viewport().rect().intersects(self._in_view())
        return state


class CardPart(_Part):
    """A card: its name says what it is, its description what it reads, what reads it and what is wrong."""

    def __init__(self, view: GraphView, name: str) -> None:
        super().__init__(view)
        self.name = name

    def _found(self) -> NodeItem | None:
        return self._view.graph.nodes.get(self.name)

    def _area(self, item: Any) -> QRectF:
        return QRectF(item.body())

    def text(self, kind: Any) -> str:
        item = self._found() if isValid(self._view) else None
        if item is None:
            return ""
        if kind == _Text.Name:
            return item.card.spoken
        if kind == _Text.Description:
            return self._described(item)
        return item.card.output if kind == _Text.Value else ""

    def _described(self, item: NodeItem) -> str:
        drawing = self._view.document.drawing
        reads = drawing.nodes[self.name].inputs if self.name in drawing else ()
        readers, share = drawing.consumers(self.name), item.share
        parts = [
            f"Reads {', '.join(reads)}" if reads else "Reads nothing",
            f"read by {', '.join(readers)}" if readers else "leads nowhere",
            f"{share.part:.1%} of the {item.measure}" if share.part else "",
            *item.card.problem.split("\n"),
        ]
        return "; ".join(part.removesuffix(".") for part in parts if part)


class WirePart(_Part):
    """A wire: between which cards it runs, and the shape of what it carries."""

    def __init__(self, view: GraphView, link: Link) -> None:
        super().__init__(view)
        self._link = link

    def _found(self) -> WireItem | None:
        return self._view.graph.wires.get(self._link)

    def text(self, kind: Any) -> str:
        wire = self._found() if isValid(self._view) else None
        if wire is None:
            return ""
        if kind == _Text.Name:
            return f"wire from {self._link.source} to {self._link.target}"
        return wire.source.card.output if kind in (_Text.Description, _Text.Value) else ""


class Canvas(QAccessibleWidget):
    """The canvas as a list: its cards in the order of the network, then its wires."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view, QAccessible.Role.List, view.accessibleName())
        self._view = view
        self._parts: dict[str | Link, _Part] = {}
        _KEPT.append(self)

    def part(self, key: str | Link) -> _Part:
        """What assistive technology sees of the card of this name, or of the wire of this link."""
        if key not in self._parts:
            self._parts[key] = WirePart(self._view, key) if isinstance(key, Link) else CardPart(self._view, key)
        return self._parts[key]

    def _keys(self) -> list[str | Link]:
        return [*self._view.graph.nodes, *self._view.graph.wires]

    def text(self, kind: Any) -> str:
        if kind == _Text.Name:
            return self._view.accessibleName()
        return self._view.accessibleDescription() if kind == _Text.Description else ""

    def childCount(self) -> int:  # noqa: N802
        return len(self._view.graph.nodes) + len(self._view.graph.wires)

    def child(self, index: int) -> Any:
        keys = self._keys()
        return self.part(keys[index]) if 0 <= index < len(keys) else None

    def indexOfChild(self, child: Any) -> int:  # noqa: N802
        return next((i for i, key in enumerate(self._keys()) if self._parts.get(key) is child), -1)

    def childAt(self, x: int, y: int) -> Any:  # noqa: N802
        point = self._view.mapToScene(self._view.viewport().mapFromGlobal(QPoint(x, y)))
        card, wire = self._view.graph.node_at(point), self._view.graph.wire_at(point)
        return self.part(card.name) if card is not None else self.part(wire.link) if wire is not None else None

    def focusChild(self) -> Any:  # noqa: N802
        card = self._view.current_card() if self._view.hasFocus() else None
        return self.part(card.name) if card is not None else None


def install() -> None:
    """Give assistive technology the canvas as it is; once for a program."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_of)


def tell_focus(view: GraphView) -> None:
    """Tell assistive technology that the keyboard came to another card."""
    card = view.current_card()
    if QAccessible.isActive() and view.hasFocus() and card is not None:
        canvas = QAccessible.queryAccessibleInterface(view)
        if isinstance(canvas, Canvas):
            QAccessible.updateAccessibility(QAccessibleEvent(canvas.part(card.name), QAccessible.Event.Focus))


def tell_cards(view: GraphView, before: set[str]) -> None:
    """Tell assistive technology which cards came and went since the canvas had the cards `before`."""
    canvas = QAccessible.queryAccessibleInterface(view) if QAccessible.isActive() else None
    if isinstance(canvas, Canvas):
        now = view.graph.nodes.keys()
        for name in before - now:
            _tell_gone(canvas.part(name))
        for name in now - before:
            QAccessible.updateAccessibility(QAccessibleEvent(canvas.part(name), QAccessible.Event.ObjectCreated))


def _tell_gone(part: _Part) -> None:
    """Tell that a part is gone; it is valid for this moment, since Qt passes on nothing of what is not."""
    part.leaves = True
    try:
        QAccessible.updateAccessibility(QAccessibleEvent(part, QAccessible.Event.ObjectDestroyed))
    finally:
        part.leaves = False


def say(view: GraphView, text: str) -> None:
    """Have a sentence read out that is no part of the canvas: what a key would do now."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, text))


def _of(kind: str, thing: QObject | None) -> QAccessibleInterface | None:
    """Qt asks this for each kind that a widget is of."""
    from .view import GraphView  # which needs this module  # noqa: PLC0415

    if not isinstance(thing, GraphView):
        return None
    if thing not in _canvases:
        _canvases[thing] = Canvas(thing)
    return _canvases[thing]


_KEPT: list[QAccessibleInterface] = []
_installed: list[bool] = []
_canvases: WeakKeyDictionary[QObject, Canvas] = WeakKeyDictionary()
