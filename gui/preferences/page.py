"""What the pages of the preferences are made of: a title, and rows of a name, something to set, and a word about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget


class Page(QWidget):
    """A page; subclasses have a `title` and add rows."""

    title: str

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 24, 24, 24)
        self.column.setSpacing(16)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.column.addLayout(self._grid)

    def add_row(self, name: str, widget: QWidget, about: str = "") -> QLabel:
        """A row; returns the label of its word about it, which may be set later."""
        row = self._grid.rowCount()
        label = QLabel(name)
        label.setBuddy(widget)
        if not widget.accessibleName():
            widget.setAccessibleName(name)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(widget, row, 1)
        below = QLabel(about)
        below.setProperty("role", "small")
        below.setWordWrap(True)
        below.setContentsMargins(0, 0, 0, 12)
        below.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(below, row + 1, 1)
        return below
