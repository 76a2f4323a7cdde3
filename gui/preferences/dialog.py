"""The preferences: pages by name. What is changed counts at once, so there is nothing to apply."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..accessible import named
from ..shortcuts import Shortcuts
from ..work.consider import Consider
from ..work.device import ChosenDevice
from .computing import Computing
from .general import General
from .keys import Keys
from .page import Page
from .storage import Storage

_SIZE = QSize(760, 520)
_LIST_WIDTH, _ROW = 168, 32


class Preferences(QDialog):
    """Closed, it is gone. Pages are made when they are first opened: some load the engine."""

    def __init__(self, shortcuts: Shortcuts, consider: Consider, device: ChosenDevice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_SIZE)
        self._makers: dict[str, Callable[[], Page]] = {
            General.title: General,
            Computing.title: partial(Computing, consider, device),
            Storage.title: partial(Storage, consider),
            Keys.title: partial(Keys, shortcuts),
        }
        self.pages: dict[str, Page] = {}
        self.list = named(QListWidget(), "Pages")
        self.list.setProperty("lessons", True)
        self.list.setFixedWidth(_LIST_WIDTH)
        self._stack = QStackedWidget()
        for title in self._makers:
            self.list.addItem(title)
            self.list.item(self.list.count() - 1).setSizeHint(QSize(0, _ROW))
        self.list.currentTextChanged.connect(self.open_page)
        self._lay_out()
        self.list.setCurrentRow(0)

    def open_page(self, title: str) -> None:
        """Show a page."""
        if title not in self.pages:
            self.pages[title] = self._makers[title]()
            self._stack.addWidget(self.pages[title])
        self._stack.setCurrentWidget(self.pages[title])

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedWidth(1)
        upper = QHBoxLayout()
        upper.setSpacing(0)
        upper.addWidget(self.list)
        upper.addWidget(line)
        upper.addWidget(self._stack, 1)
        lower = QHBoxLayout()
        lower.setContentsMargins(16, 12, 16, 12)
        lower.addWidget(buttons)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(upper, 1)
        whole.addLayout(lower)
