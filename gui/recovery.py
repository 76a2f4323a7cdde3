"""After a crash: what was lost, and getting it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from .accessible import named
from .models.unsaved import Lost

_ROW = 20


class RecoveryPrompt(QDialog):
    """Lists networks with edits that were not saved. `chosen` is emitted with the Lost that is wanted back.

    Those discarded are forgotten at once; closing the prompt keeps the others for the next start.
    """

    chosen = Signal(object)

    def __init__(self, lost: Sequence[Lost], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved work")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        heading = QLabel("Convscope ended before these edits were saved.")
        heading.setProperty("role", "title")
        self.list = named(QListWidget(), "Networks with unsaved edits")
        for one in lost:
            item = QListWidgetItem(described(one))
            item.setData(Qt.ItemDataRole.UserRole, one)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setMaximumHeight(2 * _ROW * min(5, len(lost)) + 8)
        self.list.itemDoubleClicked.connect(self._recover)
        buttons = QDialogButtonBox()
        roles = QDialogButtonBox.ButtonRole
        self.recover = buttons.addButton("&Recover", roles.AcceptRole)
        self.discard = buttons.addButton("&Discard", roles.DestructiveRole)
        self.later = buttons.addButton("&Later", roles.RejectRole)
        self.recover.setDefault(True)
        self.recover.clicked.connect(self._recover)
        self.discard.clicked.connect(self._discard)
        self.later.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(12)
        for widget in (heading, self.list, buttons):
            layout.addWidget(widget)

    def _current(self) -> Lost | None:
        item = self.list.currentItem()
        return None if item is None else item.data(Qt.ItemDataRole.UserRole)

    def _recover(self) -> None:
        if one := self._current():
            self.close()
            self.chosen.emit(one)

    def _discard(self) -> None:
        if one := self._current():
            one.forget()
            self.list.takeItem(self.list.currentRow())
        if self.list.count() == 0:
            self.close()


def described(lost: Lost) -> str:
    """Two lines: the network's name and how much was lost; when, and of which file."""
    unsaved = lost.unsaved
    edits = f"{unsaved.edits} unsaved edit{'s' if unsaved.edits != 1 else ''}"
    when = datetime.fromtimestamp(unsaved.when).strftime("%d %B %Y, %H:%M")
    file = f"of {unsaved.file}" if unsaved.file else "never saved to a file"
    return f"{unsaved.network.name}:  {edits}\n{when}, {file}"
