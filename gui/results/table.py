"""Numbers in rows and columns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from convscope.engine.explain import Result

from ..accessible import named
from ..widgets.result_view import ResultView


class TableView(ResultView):
    """The table; its rows go by the names of layers where the result tells them."""

    endings = tuple(ending for ending in ResultView.endings if ending[0] != "png")

    def build(self) -> None:
        self.table = named(QTableWidget(), "Table of the result")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setShowGrid(False)
        self.column.addWidget(self.table, 1)

    def image(self) -> QImage | None:
        return None

    def show_result(self, result: Result) -> None:
        rows, columns = result.array.shape
        names = result.scores.get("layers", [str(row + 1) for row in range(rows)])
        self.table.setRowCount(rows)
        self.table.setColumnCount(columns)
        self.table.setHorizontalHeaderLabels([*result.columns] or [str(column + 1) for column in range(columns)])
        self.table.setVerticalHeaderLabels(names)
        for row in range(rows):
            for column in range(columns):
                cell = QTableWidgetItem(f"{float(result.array[row, column]):.4g}")
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, cell)
