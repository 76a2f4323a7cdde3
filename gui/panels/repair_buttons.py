"""Buttons that end a problem, one for each way to do it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from convscope.engine.repair import Repair

from ..accessible import named
from ..icons import set_icon

_WIDTH = 360


class RepairButtons(QWidget):
    """Emits `chosen` with a repair. Without any it takes no room."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self.buttons: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 16, 8)
        self._column.setSpacing(8)
        self._column.addStretch()
        self.hide()

    def show_repairs(self, repairs: Sequence[Repair]) -> None:
        """Show buttons for these repairs, the best on top."""
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.buttons = []
        for place, repair in enumerate(repairs):
            button = named(QPushButton(repair.title), repair.title, "One step; Ctrl+Z takes it back")
            set_icon(button, "wrench", "accent")
            button.clicked.connect(partial(self.chosen.emit, repair))
            self._column.insertWidget(place, button)
            self.buttons.append(button)
        self.setVisible(bool(repairs))
