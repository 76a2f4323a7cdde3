"""A row of buttons of which one is down: what a view shows."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget


class Segments(QWidget):
    """Chooses one of a few; `chosen(key)` is sent when that changes. The arrow keys go from one to the next."""

    chosen = Signal(str)

    def __init__(self, name: str, texts: Mapping[str, str], parent: QWidget | None = None) -> None:
        """`texts` has what each key is called, the first being down at first."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for key, text in texts.items():
            button = self.buttons[key] = QToolButton()
            button.setText(text)
            button.setAccessibleName(text)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._group.addButton(button)
            row.addWidget(button)
        next(iter(self.buttons.values())).setChecked(True)
        self._group.buttonToggled.connect(self._tell)

    @property
    def key(self) -> str:
        """The one that is down."""
        return next(key for key, button in self.buttons.items() if button.isChecked())

    def choose(self, key: str) -> None:
        """Press one."""
        self.buttons[key].setChecked(True)

    def _tell(self, button: QToolButton, down: bool) -> None:
        if down:
            self.chosen.emit(self.key)
