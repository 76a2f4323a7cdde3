"""Labelled figures in two columns: names left, values right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

Fact = tuple[str, str, str]
"""Label, value, and what it means (shown as a tooltip)."""


class Facts(QWidget):
    """Shows facts; labels are reused, so that updating is quick."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        while len(self._rows) < len(facts):
            self._add_row()
        for i, (label, value) in enumerate(self._rows):
            shown = i < len(facts)
            label.setVisible(shown)
            value.setVisible(shown)
            if shown:
                label.setText(facts[i][0])
                value.setText(facts[i][1])
                value.setAccessibleName(f"{facts[i][0]}: {facts[i][1]}")
                for widget in (label, value):
                    widget.setToolTip(facts[i][2])

    def value(self, label: str) -> str:
        """The value shown for a label."""
        return next(value.text() for name, value in self._rows if name.text() == label and not name.isHidden())

    def _add_row(self) -> None:
        label, value = QLabel(), QLabel()
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        label.setProperty("role", "muted")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = len(self._rows)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((label, value))
