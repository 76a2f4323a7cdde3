"""The cost table as a Qt model: one row a layer, or a block that is folded."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from convscope.engine.cost import Row, Summary
from convscope.engine.cost.units import format_bytes
from convscope.engine.layers import TYPES
from convscope.engine.spec import format_shape

from .document import Document

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Layer", "Type", "Output", "Parameters", "Multiply-adds", "Activations", "Receptive field")
LEFT = (0, 1)
_TIPS = (
    "Name of the layer",
    "Its type",
    "Height × width × channels of what it computes",
    "Learned numbers, biases included",
    "For one image; FLOPs are twice as many",
    "Memory of the output for the batch",
    "Image pixels that one output value depends on",
)
_KEYS = {3: "params", 4: "macs", 5: "activation_bytes"}


class Cell(NamedTuple):
    """What is painted of a cell: its text, its share of the column's total and the category of its layer."""

    text: str
    share: float
    category: str


class CostModel(QAbstractTableModel):
    """Rows of the document's summary. A row whose layer stays is updated in place, so selection and scroll stay."""

    def __init__(self, document: Document, parent: Any = None) -> None:
        super().__init__(parent)
        self._document = document
        self._summary: Summary = document.summary  # as it is shown: an edit's costs may come later than the edit
        self._rows: tuple[Row, ...] = self._current()
        document.replaced.connect(self.refresh)
        document.costs_changed.connect(self.refresh)

    def _current(self) -> tuple[Row, ...]:
        folded = self._document.drawing.folded.values()
        return self._summary.folded(folded).rows if folded else self._summary.rows

    def refresh(self) -> None:
        self._summary = self._document.summary
        rows = self._current()
        names, before = [row.name for row in rows], [row.name for row in self._rows]
        same = _alike(names, before)
        behind = min(_alike(names[::-1], before[::-1]), min(len(names), len(before)) - same)
        gone, new = len(before) - same - behind, len(names) - same - behind
        if gone and new:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif gone:
            self.beginRemoveRows(QModelIndex(), same, same + gone - 1)
            self._rows = rows
            self.endRemoveRows()
        elif new:
            self.beginInsertRows(QModelIndex(), same, same + new - 1)
            self._rows = rows
            self.endInsertRows()
        self._rows = rows
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))

    def row_of(self, name: str) -> int:
        """Row of a layer, or of the folded block that it is in; -1 if it has none."""
        name = self._document.drawing.card(name)
        return next((i for i, row in enumerate(self._rows) if row.name == name), -1)

    def name_at(self, row: int) -> str:
        return self._rows[row].name

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        return alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        return alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def cell(self, row: int, column: int) -> Cell:
        """A cell as it is painted, without the detours of roles."""
        of, key, share = self._rows[row], _KEYS.get(column), 0.0
        if key is not None:
            total = getattr(self._summary.totals, key)
            share = (getattr(of, key) or 0) / total if total else 0.0
        category = TYPES[of.type].about.category if of.type in TYPES else "block"
        return Cell(_text(of, column), share, category)


class TotalModel(QAbstractTableModel):
    """The totals, as a table of one row with the same columns."""

    def __init__(self, document: Document, parent: Any = None) -> None:
        super().__init__(parent)
        self._document = document
        self._summary: Summary = document.summary
        document.replaced.connect(self.refresh)
        document.costs_changed.connect(self.refresh)

    def refresh(self) -> None:
        self._summary = self._document.summary
        self.dataChanged.emit(self.index(0, 0), self.index(0, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else 1

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(index.column())
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        count, totals = len(self._summary.rows), self._summary.totals
        layers = f"{count} layer{'s' if count != 1 else ''}"
        memory = format_bytes(totals.activation_bytes)
        return ("Total", layers, "", f"{totals.params:,}", f"{totals.macs:,}", memory, "")[index.column()]


def alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in LEFT else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _alike(first: list[str], other: list[str]) -> int:
    """How many names two lists begin with together."""
    count = min(len(first), len(other))
    return next((i for i in range(count) if first[i] != other[i]), count)


def _text(row: Row, column: int) -> str:
    if column < 2:
        return (row.name, row.type)[column]
    if column == 2:
        return format_shape(row.output)
    if row.output is None:
        return "?"
    if column == 6:
        field = row.field
        return "" if field is None else format_shape(field.size) + ("" if field.aligned else " *")
    value = getattr(row, _KEYS[column]) or 0
    return format_bytes(value) if column == 5 else f"{value:,}"
