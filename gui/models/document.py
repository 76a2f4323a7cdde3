"""The network being edited, with its undo history, selection and file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from convscope.engine.cost import Ledger, Summary, with_memory
from convscope.engine.graph import INPUT, Network

from .arrange import arrange
from .commands import EditNetwork, MoveNodes
from .drawing import Drawing
from .frozen import Frozen

_FARTHEST = 1e6  # a file may hold any number, even NaN
_MOST_AT_ONCE = 128  # layers: planning the memory of more takes longer than a frame
_COSTS_MS = 100  # after an edit of more layers: until then the edit has the window for itself


class Document(QObject):
    """Owns one `Network` object for its whole life; edits and loads change it in place.

    Signals: `changed` after every edit, undo and redo of the network; `moved` when only canvas positions changed;
    `replaced` when another network was loaded (then `changed` is not emitted); `selection_changed` with the name of
    the current node or ""; `path_changed` when the file or its saved state changed; `costs_changed` when costs became
    others: with every edit, of a large network a moment after it, once for several; for another batch size; when the
    memory of a large network is known. Who shows costs follows this signal and not `changed`.
    """

    changed = Signal()
    moved = Signal()
    replaced = Signal()
    selection_changed = Signal(str)
    path_changed = Signal()
    costs_changed = Signal()

    def __init__(self, network: Network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self.path_changed)
        self._network = network.copy()
        self._path: Path | None = None
        self._unsaved = 0  # edits that came before the history: of work that was recovered
        self._selected = ""
        self._batch = 1
        self._ledger = Ledger()
        self._summary: Summary | None = None
        self._drawing: Drawing | None = None
        self._costs_later = QTimer(self)
        self._costs_later.setSingleShot(True)
        self._costs_later.setInterval(_COSTS_MS)
        self._costs_later.timeout.connect(self.costs_changed)
        self._complete_layout(self._network)
        self.frozen = Frozen(self._network, self)
        self.changed.connect(self.frozen.follow)
        self.replaced.connect(self.frozen.clear)

    # ---- reading

    @property
    def network(self) -> Network:
        return self._network

    @property
    def path(self) -> Path | None:
        return self._path

    @property
    def selected(self) -> str:
        """Name of the current node or block, "input", or "" for none."""
        return self._selected

    @property
    def modified(self) -> bool:
        return not self.undo_stack.isClean()

    @property
    def unsaved_edits(self) -> int:
        """How many undo steps lie between the network and its file."""
        stack = self.undo_stack
        saved = stack.cleanIndex()
        return self._unsaved + stack.index() if saved < 0 else abs(stack.index() - saved)

    @property
    def batch(self) -> int:
        """Batch size for which memory is shown."""
        return self._batch

    @batch.setter
    def batch(self, batch: int) -> None:
        self._batch, self._summary = batch, None
        self.costs_changed.emit()

    @property
    def summary(self) -> Summary:
        """Costs for the current batch size, computed once an edit however many panels ask.

        Large networks have theirs without memory at first: see `lacks_memory`.
        """
        if self._summary is None:
            table = self._ledger.table(self._network, self._batch)
            at_once = len(table.rows) <= _MOST_AT_ONCE
            self._summary = with_memory(table, self._network) if at_once else table
        return self._summary

    @property
    def costs_expected(self) -> bool:
        """Whether `costs_changed` is still to come for the last edit of this large network."""
        return self._costs_later.isActive()

    @property
    def lacks_memory(self) -> bool:
        """Whether somebody is to plan the memory of this large network aside, with `with_memory`."""
        return self.summary.totals.complete and self.summary.totals.training is None

    def take_costs(self, table: Summary, planned: Summary) -> None:
        """Show a table that was planned aside, if no edit came meanwhile: if `table` is still the one without."""
        if self._summary is table:
            self._summary = planned
            self.costs_changed.emit()

    @property
    def drawing(self) -> Drawing:
        """The network as it stands on the canvas, with blocks folded."""
        if self._drawing is None:
            self._drawing = Drawing(self._network)
        return self._drawing

    # ---- editing

    def edit(self, text: str, change: Callable[[Network], None], *, select: str | None = None, field: str = "") -> None:
        """Make a change to the network as one undo step.

        The change is tried on a copy first: when it raises a ConvscopeError, network and history stay as they were.
        `select` names the node to select afterwards. Consecutive edits of the same `field` become one step.
        """
        after = self._network.copy()
        change(after)
        after.shapes()  # known once, for this edit and each time it is done again
        self._complete_layout(after)
        self.undo_stack.push(EditNetwork(self, text, after, select=select, field=field))

    def move(self, text: str, positions: Mapping[str, tuple[float, float]], *, field: str = "") -> None:
        """Place nodes on the canvas as one undo step; nothing happens when all are there already.

        Consecutive moves of the same nodes and `field` become one step.
        """
        new = {name: place for name, place in positions.items() if self._network.layout.get(name) != place}
        if new:
            self.undo_stack.push(MoveNodes(self, text, new, field=field))

    def select(self, name: str) -> None:
        """Make a node or a block current; "" for none."""
        if name != INPUT and name not in self._network and name not in self._network.groups:
            name = ""
        if name != self._selected:
            self._selected = name
            self.selection_changed.emit(name)

    # ---- loading and saving

    def load(self, network: Network, path: Path | None = None, unsaved_edits: int = 0) -> None:
        """Show another network and forget the history. With `unsaved_edits`, it is not what its file holds."""
        self._complete_layout(network)
        self._network.assign(network)
        self._summary = self._drawing = None
        self._costs_later.stop()
        self._path, self._unsaved = path, unsaved_edits
        self.undo_stack.clear()
        if unsaved_edits:
            self.undo_stack.resetClean()
        self.select("")
        self.replaced.emit()
        self.path_changed.emit()

    def saved_as(self, path: Path) -> None:
        """Note that the network as it is now is in this file."""
        self._path = path
        self.undo_stack.setClean()
        self.path_changed.emit()

    # ---- for the commands

    def show(self, network: Network, selected: str) -> None:
        """Become equal to a snapshot. Only undo commands call this."""
        self._network.assign(network)
        self._summary = self._drawing = None
        at_once = len(self._network) <= _MOST_AT_ONCE
        if at_once:
            self._costs_later.stop()
        elif not self._costs_later.isActive():
            self._costs_later.start()
        self.changed.emit()
        if at_once:
            self.costs_changed.emit()
        self.select(selected)

    def place(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Take over canvas positions. Only undo commands call this."""
        self._network.layout.update(positions)
        self.moved.emit()

    @staticmethod
    def _complete_layout(network: Network) -> None:
        """Arrange the network if it has cards without a usable position."""
        places = [network.layout.get(name, (math.nan, math.nan)) for name in Drawing(network).names]
        if not all(abs(x) < _FARTHEST and abs(y) < _FARTHEST for x, y in places):
            network.layout = arrange(network)
