"""The augmentations of a run as one line of text, with a menu of those there are."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from convscope.engine.data.augment import AUGMENTATIONS, Augmentation, augmentations
from convscope.engine.spec import ConvscopeError

from ..icons import set_icon


class AugmentField(QWidget):
    """Text such as `flip, crop:padding=4`. `edited()` is sent when the user has made another legal list of it."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: tuple[Augmentation, ...] = ()
        self._line = QLineEdit()
        self._line.setAccessibleName("Augmentation")
        self._line.setPlaceholderText("None")
        self._line.setToolTip("Training images are shown another way in every epoch, such as: flip, crop:padding=4")
        self._line.editingFinished.connect(self._take)
        self._fault = QLabel()
        self._fault.setProperty("role", "error")
        self._fault.setAccessibleName("What is wrong with the augmentation")
        self._fault.setWordWrap(True)
        self._fault.hide()
        label = QLabel("Augmentation")
        label.setProperty("role", "small")
        label.setBuddy(self._line)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._line, 1)
        row.addWidget(self._build_button())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(label)
        column.addLayout(row)
        column.addWidget(self._fault)

    def _build_button(self) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName("Choose augmentations")
        button.setToolTip("Choose augmentations")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(button, "plus")
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        self._entries: dict[str, QAction] = {}
        for name, kind in AUGMENTATIONS.items():
            entry = menu.addAction(kind.title)
            entry.setCheckable(True)
            entry.setToolTip(kind.summary)
            entry.triggered.connect(lambda checked, name=name: self._switch(name, checked))
            self._entries[name] = entry
        button.setMenu(menu)
        return button

    @property
    def value(self) -> tuple[Augmentation, ...]:
        """The list as it is written; where that is illegal, the last legal one."""
        return self._value

    def show_value(self, value: tuple[Augmentation, ...]) -> None:
        """Show a list; nothing is sent."""
        self._value = value
        self._line.setText(", ".join(map(str, value)))
        self._line.setCursorPosition(0)
        self._fault.hide()
        names = {one.name for one in value}
        for name, entry in self._entries.items():
            entry.setChecked(name in names)

    def _switch(self, name: str, on: bool) -> None:
        others = tuple(one for one in self._value if one.name != name)
        self._put((*others, AUGMENTATIONS[name]()) if on else others)

    def _take(self) -> None:
        try:
            self._put(augmentations(self._line.text()))
        except ConvscopeError as error:
            self._fault.setText(f"{error}.")
            self._fault.show()

    def _put(self, value: tuple[Augmentation, ...]) -> None:
        new = value != self._value
        self.show_value(value)
        if new:
            self.edited.emit()
