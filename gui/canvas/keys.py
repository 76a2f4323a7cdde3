"""The canvas by keyboard: going from card to card, moving cards, connecting and disconnecting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from convscope.engine.graph import INPUT

from ..models import edits
from ..tokens import GRID
from . import accessible, navigation
from .ports import Port
from .wiring import Wiring

if TYPE_CHECKING:
    from .view import GraphView

_Key = Qt.Key
_ARROWS = {_Key.Key_Up: "up", _Key.Key_Down: "down", _Key.Key_Left: "left", _Key.Key_Right: "right"}
_STEPS = {"up": (0, -GRID), "down": (0, GRID), "left": (-GRID, 0), "right": (GRID, 0)}
_ENTER = (_Key.Key_Return, _Key.Key_Enter)
_DELETE = (_Key.Key_Delete, _Key.Key_Backspace)
_HINT = "Enter connects"
_CUT_HINT = "Delete disconnects"


class Keys:
    """Takes the canvas's key presses. Arrows go along the wires, with Shift they select more, with Ctrl they move.

    `C` begins to connect the current card: arrows choose what shall read it, Enter connects, Tab adds a new layer
    there, Delete disconnects, Escape gives up.
    """

    def __init__(self, view: GraphView) -> None:
        self._view = view
        self._wiring: Wiring | None = None

    @property
    def wiring(self) -> Wiring | None:
        """The connection that is being chosen."""
        return self._wiring

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key that is a shortcut otherwise is meant for the connection that is being chosen."""
        return self._wiring is not None and event.key() in (*_DELETE, _Key.Key_Tab)

    def press(self, event: QKeyEvent) -> bool:
        """Take a key press; False if it is none of these."""
        key, keys = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self._wiring is not None:
            return self._press_wiring(key)
        direction = _ARROWS.get(key, "")
        if direction and keys == Qt.KeyboardModifier.ControlModifier:
            self._move(direction)
        elif direction and keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            self._go(direction, more=bool(keys))
        elif key == _Key.Key_Home:
            self._select(INPUT, more=False)
        elif key == _Key.Key_End:
            self._select(next(reversed(self._view.document.network.outputs()), INPUT), more=False)
        elif key == _Key.Key_C and not keys:
            self._begin()
        else:
            return False
        return True

    def cancel(self) -> bool:
        """Give up connecting; False if nothing was being connected."""
        if self._wiring is None:
            return False
        self._wiring.end()
        self._wiring = None
        self._tell("")
        return True

    # ---- going and moving

    def _go(self, direction: str, more: bool) -> None:
        drawing, current = self._view.document.drawing, self._view.document.selected
        name = navigation.neighbour(drawing, current, direction)
        if not name:
            name = navigation.nearest(drawing.layout, drawing.names, drawing.card(current), direction)
        if name:
            self._select(name, more)

    def _select(self, name: str, more: bool) -> None:
        graph = self._view.graph
        name = self._view.document.drawing.card(name)
        graph.select([*graph.selected_names(), name] if more else [name])
        self._view.document.select(name)
        self._view.reveal(name)

    def _move(self, direction: str) -> None:
        """Move the selected cards by one step of the grid; steps in a row are one undo step."""
        document, names = self._view.document, self._view.graph.selected_names()
        right, down = _STEPS[direction]
        places = {name: document.network.layout[name] for name in names}
        moved = {name: (x + right, y + down) for name, (x, y) in places.items()}
        text = f"Move {names[0]}" if len(names) == 1 else f"Move {len(names)} layers"
        document.move(text, moved, field="keys")

    # ---- connecting

    def _begin(self) -> None:
        graph, document = self._view.graph, self._view.document
        source = document.drawing.card(document.selected)
        if source not in graph.nodes:
            return
        self._wiring = Wiring(graph, graph.nodes[source], Port("out"))
        self._choose(navigation.first_target(document.drawing, source))

    def _choose(self, name: str) -> None:
        if self._wiring is None:
            return
        graph, source = self._view.graph, self._wiring.node.name
        target = graph.nodes.get(name)
        if target is None:
            self._wiring.choose(None, "Tab adds a layer here")
            self._tell(f"Connecting {source}: there is no other layer; Tab adds one")
            return
        connected = source in self._view.document.drawing.nodes[name].inputs if name != INPUT else False
        hint = f"{_HINT} · {_CUT_HINT}" if connected else f"{_HINT} {source} to {name}"
        self._wiring.choose(target, hint)
        self._view.reveal(name)
        self._tell(f"Connecting {source} to {name}. {self._wiring.refusal or self._wiring.doubt or hint}")

    def _press_wiring(self, key: Qt.Key) -> bool:
        wiring, view = self._wiring, self._view
        assert wiring is not None  # else `press` does not come here
        source, target = wiring.node.name, wiring.target.name if wiring.target else ""
        if direction := _ARROWS.get(key):
            drawing = view.document.drawing
            names = [name for name in drawing.nodes if name != source]
            self._choose(navigation.nearest(drawing.layout, names, target or source, direction) or target)
        elif key in _ENTER:
            if target and not wiring.refusal:
                self.cancel()
                edits.connect(view.document, source, target)
        elif key in _DELETE:
            self._cut(source, target)
        elif key == _Key.Key_Tab:
            self.cancel()
            view.open_search(source=source)
        else:
            return False
        return True

    def _cut(self, source: str, target: str) -> None:
        document = self._view.document
        gone = [link for link in edits.links(document.drawing) if (link.source, link.target) == (source, target)]
        if gone:
            self.cancel()
            edits.disconnect(document, gone[-1:])

    def _tell(self, text: str) -> None:
        """What assistive technology reads of the connection; "" is the card again."""
        if text:
            self._view.setAccessibleDescription(text)
            accessible.say(self._view, text)
        else:
            self._view.describe(self._view.document.selected)
