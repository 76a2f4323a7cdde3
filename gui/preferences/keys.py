"""The keys of every command."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ..accessible import named
from ..commands import Command, search
from ..shortcuts import Shortcuts
from .page import Page

_COMMAND = Qt.ItemDataRole.UserRole


class Keys(Page):
    """A table of commands; the keys of the selected one are changed below it."""

    title = "Keys"

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.filter = named(QLineEdit(), "Search commands")
        self.filter.setPlaceholderText("Search commands")
        self.filter.textChanged.connect(self._fill)
        self.table = self._make_table()
        self.field = named(QKeySequenceEdit(), "New keys")
        self.field.setMaximumSequenceLength(1)
        self.field.setClearButtonEnabled(True)
        self.field.editingFinished.connect(self._take)
        self.trouble = QLabel()
        self.trouble.setProperty("role", "error")
        self.reset = QPushButton("Reset all")
        self.reset.setAutoDefault(False)
        self.reset.clicked.connect(self._reset)
        row = QHBoxLayout()
        for widget in (QLabel("Keys"), self.field, self.trouble, self.reset):
            row.addWidget(widget)
        row.setStretch(2, 1)
        for part in (self.filter, self.table):
            self.column.addWidget(part)
        self.column.addLayout(row)
        self._fill()
        self.table.setCurrentCell(0, 0)

    def _make_table(self) -> QTableWidget:
        table = named(QTableWidget(0, 3), "Commands and their keys")
        table.setHorizontalHeaderLabels(["Command", "Menu", "Keys"])
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        table.setTabKeyNavigation(False)
        table.currentCellChanged.connect(lambda row, *_: self._show(row))
        return table

    def command(self, row: int) -> Command | None:
        """The command in a row."""
        item = self.table.item(row, 0)
        return None if item is None else cast(Command, item.data(_COMMAND))

    def _fill(self) -> None:
        query = self.filter.text().strip()
        shown = search(query, self._shortcuts.commands) if query else self._shortcuts.commands
        self.table.setRowCount(len(shown))
        for row, command in enumerate(shown):
            for column, text in enumerate((command.name, " ▸ ".join(command.menus), command.keys)):
                item = QTableWidgetItem(text)
                item.setData(_COMMAND, command)
                self.table.setItem(row, column, item)
            self._mark(row, command)
        self._show(self.table.currentRow())

    def _mark(self, row: int, command: Command) -> None:
        """Keys of the user's own are bold."""
        item = self.table.item(row, 2)
        assert item is not None  # the row has just been filled
        item.setText(command.keys)
        font = item.font()
        font.setBold(self._shortcuts.is_own(command))
        item.setFont(font)

    def _show(self, row: int) -> None:
        command = self.command(row)
        self.trouble.clear()
        self.field.setEnabled(command is not None)
        self.field.setKeySequence(QKeySequence() if command is None else command.action.shortcut())

    def _take(self) -> None:
        row = self.table.currentRow()
        command, keys = self.command(row), self.field.keySequence()
        if command is None or keys == command.action.shortcut():
            return
        other = self._shortcuts.owner(keys, command)
        if other is not None:
            self._show(row)
            text = keys.toString(QKeySequence.SequenceFormat.NativeText)
            self.trouble.setText(f"{text} is for {other.name}: take others, or change those first.")
            return
        self.trouble.clear()
        self._shortcuts.change(command, keys)
        self._mark(row, command)

    def _reset(self) -> None:
        self._shortcuts.reset()
        self._fill()
