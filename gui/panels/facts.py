"""Labelled figures in two columns: names left, values right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

Fact = tuple[str, str, str]
"""Label, value, and what it means (shown as a tooltip)."""


class _Value(QLabel):
    """A value that can be selected by the pointer that is over it; elsewhere it would be laid out as a document."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        if not self.hasSelectedText():
            self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)


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

    def await_facts(self) -> None:
        """Show that the values of the facts in view are to come."""
        for _, value in self._rows:
            value.setText("…")

    def value(self, label: str) -> str:
        """The value shown for a label."""
        return next(value.text() for name, value in self._rows if name.text() == label and not name.isHidden())

    def _add_row(self) -> None:
        label, value = QLabel(), _Value()
        label.setProperty("role", "muted")
        row = len(self._rows)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((label, value))
