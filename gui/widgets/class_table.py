"""Images, recall, precision and F1 of every class, to be sorted by any of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from .figures import percent

_ROW = 24
_HEADINGS = ("Class", "Images", "Precision", "Recall", "F1")
_VALUE = Qt.ItemDataRole.UserRole + 1
_HELP = (
    "", "Images of the class", "Share of what was taken for the class that belongs to it",
    "Share of the class's images that were recognised", "Harmonic mean of precision and recall",
)  # fmt: skip


class ClassTable(QTableView):
    """One row a class; a click on a heading sorts, and shares that do not exist are dashes at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Figures of the classes")
        self._model = QStandardItemModel(self)
        self._model.setHorizontalHeaderLabels(list(_HEADINGS))
        self._model.setSortRole(_VALUE)
        for column, help in enumerate(_HELP):
            heading = self._model.horizontalHeaderItem(column)
            heading.setToolTip(help)
            heading.setTextAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
        self.setModel(self._model)
        self.setSortingEnabled(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)

    def show_figures(self, figures: Sequence[Any]) -> None:
        """Show the engine's ClassFigures, in the order that is chosen."""
        if self._model.rowCount() != len(figures):
            self._model.setRowCount(0)
            for _ in figures:
                self._model.appendRow([QStandardItem() for _ in _HEADINGS])
        self.setSortingEnabled(False)
        for row, one in enumerate(figures):
            shares = (one.precision, one.recall, one.f1)
            texts = (one.name, f"{one.images:,}", *map(percent, shares))
            values = (row, one.images, *(-1.0 if share is None else share for share in shares))
            for column, (text, value) in enumerate(zip(texts, values)):
                item = self._model.item(row, column)
                item.setText(text)
                item.setData(value, _VALUE)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.setSortingEnabled(True)

    def texts(self) -> list[list[str]]:
        """The rows as they are shown."""
        columns = range(self._model.columnCount())
        return [[self._model.item(row, c).text() for c in columns] for row in range(self._model.rowCount())]
