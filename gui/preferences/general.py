"""Appearance, and what is shown when the program starts."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from ..appearance import APPEARANCES, appearance, choose_appearance
from ..settings import REOPEN, WELCOME, is_on, remember
from .page import Page


class General(Page):
    title = "General"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.appearance = QComboBox()
        for name, (text, _) in APPEARANCES.items():
            self.appearance.addItem(text.replace("&", ""), name)
        self.appearance.setCurrentIndex(self.appearance.findData(appearance()))
        self.appearance.activated.connect(lambda index: choose_appearance(self.appearance.itemData(index)))
        self.add_row("Appearance", self.appearance, "Plots and pictures follow.")
        self.welcome = self._switch("Show the welcome page", WELCOME)
        self.reopen = self._switch("Open the last file again", REOPEN)
        self.add_row("At the start", self.welcome)
        self.add_row("", self.reopen)
        self.column.addStretch()

    @staticmethod
    def _switch(text: str, setting: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setAccessibleName(text)
        box.setChecked(is_on(setting))
        box.toggled.connect(lambda on: remember(setting, on))
        return box
