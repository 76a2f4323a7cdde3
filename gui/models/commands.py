"""Undo commands. Each holds the network before and after, or positions before and after, and applies one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from convscope.engine.graph import Network

if TYPE_CHECKING:
    from .document import Document

Positions = Mapping[str, tuple[float, float]]


class EditNetwork(QUndoCommand):
    """Any change of the network. Consecutive commands with the same `field` merge into one."""

    def __init__(
        self,
        document: Document,
        text: str,
        after: Network,
        *,
        select: str | None = None,
        field: str = "",
    ) -> None:
        super().__init__(text)
        self._document = document
        self._before = document.network.copy()
        self._after = after
        self._selected = (document.selected, document.selected if select is None else select)
        self._field = field

    def redo(self) -> None:
        self._document.show(self._after, self._selected[1])

    def undo(self) -> None:
        self._document.show(self._before, self._selected[0])

    def id(self) -> int:
        return 1 if self._field else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        if not isinstance(other, EditNetwork) or other._field != self._field:
            return False
        self._after = other._after
        self.setText(other.text())
        same = self._after == self._before and self._after.groups == self._before.groups
        self.setObsolete(same and self._after.layout == self._before.layout)
        return True


class MoveNodes(QUndoCommand):
    """New canvas positions; the network itself stays. Consecutive moves of the same `field` and nodes merge."""

    def __init__(self, document: Document, text: str, positions: Positions, *, field: str = "") -> None:
        super().__init__(text)
        self._document, self._field = document, field
        self._after = dict(positions)
        self._before = {name: place for name, place in document.network.layout.items() if name in positions}

    def redo(self) -> None:
        self._document.place(self._after)

    def undo(self) -> None:
        self._document.place(self._before)

    def id(self) -> int:
        return 2 if self._field else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's name
        if not isinstance(other, MoveNodes) or (other._field, other._after.keys()) != (self._field, self._after.keys()):
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True
