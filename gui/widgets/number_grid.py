"""A small matrix of numbers: cells that can be marked, pointed at and, where wanted, edited."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QFrame,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from convscope.engine.teach.labels import number

from ..theme import body_font, follow, small_font, theme

Index = QModelIndex | QPersistentModelIndex
Cell = tuple[int, int]
CELL = (44, 30)
SMALL_CELL = (28, 22)
_LARGEST = 1e6
_AIR = 10  # pixels beside a number
_MARK = Qt.ItemDataRole.UserRole
_FAINT = Qt.ItemDataRole.UserRole + 1


class NumberGrid(QTableView):
    """A matrix. `edited(row, column, value)` is what was entered, `pointed(row, column)` the cell under the mouse or
    chosen with the keyboard; both are -1 when there is none.
    """

    edited = Signal(int, int, float)
    pointed = Signal(int, int)

    def __init__(self, name: str, editable: bool = False, small: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._small, self._cell = small, SMALL_CELL if small else CELL
        self._width = self._cell[0]
        self._model = _Numbers(editable, self)
        self._model.entered.connect(self.edited)
        self.setModel(self._model)
        self.setItemDelegate(_CellDelegate(small, self))
        self.setAccessibleName(name)
        self._quieten(editable)
        self.selectionModel().currentChanged.connect(lambda now, before: self.pointed.emit(now.row(), now.column()))
        self.entered.connect(lambda index: self.pointed.emit(index.row(), index.column()))
        follow(self, self.viewport().update)

    def _quieten(self, editable: bool) -> None:
        """No heads, no scroll bars, no frame: as large as its cells."""
        self.setMouseTracking(True)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        triggers = QAbstractItemView.EditTrigger
        asked = triggers.DoubleClicked | triggers.AnyKeyPressed | triggers.EditKeyPressed
        self.setEditTriggers(asked if editable else triggers.NoEditTriggers)
        self.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for header, size in ((self.horizontalHeader(), self._cell[0]), (self.verticalHeader(), self._cell[1])):
            header.hide()
            header.setMinimumSectionSize(4)
            header.setDefaultSectionSize(size)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for wanted in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            wanted(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    # ---- contents

    @property
    def values(self) -> NDArray[Any]:
        """The numbers in view (rows, columns)."""
        return self._model.values

    def show_numbers(self, values: Any, faint: Any = None) -> None:
        """Show a matrix; a vector is one row. `faint` is true for numbers that only fill it up."""
        self._model.show_numbers(np.atleast_2d(np.asarray(values, float)), faint)
        self.widen(self.widest())

    def widest(self) -> int:
        """The width of a column that every number fits into."""
        rows, columns = self._model.values.shape
        metrics = QFontMetrics(small_font() if self._small else body_font())
        texts = (self.text(row, column) for row in range(rows) for column in range(columns))
        return max(self._cell[0], *(metrics.horizontalAdvance(text) + _AIR for text in texts))

    def widen(self, width: int) -> None:
        """Make the columns so many pixels wide."""
        self._width = width
        self.horizontalHeader().setDefaultSectionSize(width)
        self.setFixedSize(self.sizeHint())

    def text(self, row: int, column: int) -> str:
        return str(self._model.index(row, column).data())

    def mark(self, strong: Iterable[Cell] = (), soft: Iterable[Cell] = ()) -> None:
        """Colour these cells and no others."""
        self._model.mark({**dict.fromkeys(soft, "soft"), **dict.fromkeys(strong, "strong")})

    def marked(self, kind: str) -> set[Cell]:
        """The cells that are coloured `strong` or `soft`."""
        return {cell for cell, mark in self._model.marks.items() if mark == kind}

    def sizeHint(self) -> QSize:  # noqa: N802
        rows, columns = self._model.values.shape
        return QSize(columns * self._width + 1, rows * self._cell[1] + 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    # ---- pointing

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        self.pointed.emit(-1, -1)
        super().leaveEvent(event)

    def focusOutEvent(self, event: Any) -> None:  # noqa: N802
        super().focusOutEvent(event)
        if not self.underMouse() and self.state() != QAbstractItemView.State.EditingState:
            self.pointed.emit(-1, -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        editing = self.editTriggers() != QAbstractItemView.EditTrigger.NoEditTriggers
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and editing and self.currentIndex().isValid():
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


def align(*grids: NumberGrid) -> None:
    """Give matrices that stand below each other columns of the same width."""
    width = max(grid.widest() for grid in grids)
    for grid in grids:
        grid.widen(width)


class _Numbers(QAbstractTableModel):
    """The numbers, how they are written and marked."""

    entered = Signal(int, int, float)

    def __init__(self, editable: bool, parent: Any = None) -> None:
        super().__init__(parent)
        self._editable = editable
        self.values: NDArray[Any] = np.zeros((1, 1))
        self.marks: dict[Cell, str] = {}
        self._faint: NDArray[Any] | None = None

    def show_numbers(self, values: NDArray[Any], faint: Any) -> None:
        same = values.shape == self.values.shape
        if not same:
            self.beginResetModel()
            self.marks = {}
        self.values, self._faint = values, faint
        if same:
            self._refresh()
        else:
            self.endResetModel()

    def mark(self, marks: dict[Cell, str]) -> None:
        if marks != self.marks:
            self.marks = marks
            self._refresh()

    def _refresh(self) -> None:
        last = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else int(self.values.shape[0])

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else int(self.values.shape[1])

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self._editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        cell = (index.row(), index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return number(float(self.values[cell]))
        if role == _MARK:
            return self.marks.get(cell, "")
        if role == _FAINT:
            return self._faint is not None and bool(self._faint[cell])
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        found = parsed(str(value))
        if found is None or role != Qt.ItemDataRole.EditRole:
            return False
        self.entered.emit(index.row(), index.column(), found)
        return True


class _CellDelegate(QStyledItemDelegate):
    """Paints a cell: its border, what marks it, and its number."""

    def __init__(self, small: bool, parent: Any = None) -> None:
        super().__init__(parent)
        self._small = small

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, mark = theme.colours, index.data(_MARK)
        area = QRectF(option.rect)
        painter.save()
        fill = {"strong": colours.accent, "soft": colours.selection}.get(mark, colours.surface)
        painter.fillRect(area, theme.color("surface"))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(QColor(fill))
        painter.drawRect(area.adjusted(0.5, 0.5, 0.5, 0.5))
        painter.setFont(small_font() if self._small else body_font())
        text = "on_accent" if mark == "strong" else "faint" if index.data(_FAINT) and mark != "soft" else "text"
        painter.setPen(theme.color(text))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, index.data())
        view = self.parent()
        if isinstance(view, QTableView) and view.hasFocus() and view.currentIndex() == index:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(1.5, 1.5, -0.5, -0.5))
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: N802
        editor = QLineEdit(parent)
        editor.setAccessibleName("Number")
        editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
        editor.setFrame(False)
        editor.setStyleSheet("padding: 0; margin: 0; min-height: 0;")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data()).replace("−", "-"))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:  # noqa: N802
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text())


def parsed(text: str) -> float | None:
    """The number that was typed, `-1`, `0,5` or `1/9`; None if it is none or too large to look at."""
    try:
        value = float(Fraction(text.strip().replace("−", "-").replace(",", ".")))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if abs(value) <= _LARGEST else None
