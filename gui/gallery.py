"""All architectures with their figures, to begin a network with one; those too large to train here are marked."""

from __future__ import annotations

import psutil
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from convscope.engine import zoo
from convscope.engine.cost.units import format_bytes, format_count
from convscope.engine.spec import format_shape
from convscope.engine.zoo.catalogue import Architecture

from .accessible import named
from .theme import theme

BATCH = 32
_COLUMNS = ("Architecture", "Year", "Image", "Layers", "Parameters", "Multiply-adds", f"Training, batch {BATCH}")
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NAMES = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Gallery(QDialog):
    """Emits `chosen` with the name of an architecture. Figures come in one after the other while it is open."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("New from architecture")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(880, 560)
        self.search = named(QLineEdit(), "Search architectures")
        self.search.setPlaceholderText("Search architectures")
        self.search.setClearButtonEnabled(True)
        self.compact = QCheckBox("Only those that train on a laptop")
        self.table = named(QTableWidget(len(zoo.ARCHITECTURES), len(_COLUMNS)), "Architectures")
        self._lay_out()
        self._waiting = list(enumerate(zoo.ARCHITECTURES.values()))
        self._cells = [self._row(row, entry) for row, entry in self._waiting]
        self.table.selectRow(0)
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._work_out)
        self._next.start()

    def _lay_out(self) -> None:
        table = self.table
        for column, title in enumerate(_COLUMNS):
            head = QTableWidgetItem(title)
            head.setTextAlignment(_NUMBERS if column else _NAMES)
            table.setHorizontalHeaderItem(column, head)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.itemActivated.connect(lambda item: self._choose())
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose)
        self.compact.toggled.connect(self._filter)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.begin = buttons.addButton("&New Network", QDialogButtonBox.ButtonRole.AcceptRole)
        self.begin.clicked.connect(self._choose)
        buttons.rejected.connect(self.close)
        self._note = QLabel()
        self._note.setProperty("role", "small")
        self._note.hide()
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.compact)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(top)
        for widget in (table, self._note, buttons):
            layout.addWidget(widget)

    def _row(self, row: int, entry: Architecture) -> list[QTableWidgetItem]:
        """A row whose figures are not known yet."""
        cells = [QTableWidgetItem(text) for text in (entry.name, str(entry.year), format_shape(entry.input), *"…" * 4)]
        for column, cell in enumerate(cells):
            cell.setToolTip(entry.source)
            if column:
                cell.setTextAlignment(_NUMBERS)
            self.table.setItem(row, column, cell)
        return cells

    def _work_out(self) -> None:
        """The figures of one architecture."""
        if not self._waiting:
            self._next.stop()
            return
        row, entry = self._waiting.pop(0)
        totals = entry.build().summary(BATCH)
        need, have = totals.totals.training_bytes or 0, psutil.virtual_memory().total
        figures = (str(len(totals.rows)), format_count(totals.totals.params), format_count(totals.totals.macs))
        for cell, text in zip(self._cells[row][3:], (*figures, format_bytes(need)), strict=True):
            cell.setText(text)
        if need > have:
            last = self._cells[row][-1]
            last.setForeground(theme.color("warning"))
            last.setText(f"{format_bytes(need)} !")
            last.setToolTip(f"More than this computer has ({format_bytes(have)}): take a smaller batch or image")
            self._note.setText(f"!  needs more memory than this computer has ({format_bytes(have)})")
            self._note.show()

    def _filter(self) -> None:
        query, first = self.search.text().strip().lower(), -1
        for row, entry in enumerate(zoo.ARCHITECTURES.values()):
            hidden = query not in f"{entry.name} {entry.source} {entry.year}".lower()
            hidden = hidden or (self.compact.isChecked() and not entry.compact)
            self.table.setRowHidden(row, hidden)
            first = row if first < 0 and not hidden else first
        self.table.setCurrentCell(first, 0)
        self.begin.setEnabled(first >= 0)

    def _choose(self) -> None:
        row = self.table.currentRow()
        if row >= 0 and not self.table.isRowHidden(row):
            name = self._cells[row][0].text()
            self.close()
            self.chosen.emit(name)
