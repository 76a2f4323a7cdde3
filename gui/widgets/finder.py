"""A popup with a field and what fits it: arrows go through the list, Enter or a click chooses."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QStyledItemDelegate, QVBoxLayout, QWidget

from ..accessible import named

_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Finder(QFrame):
    """Escape or a click outside closes it. Subclasses say what fits (`fill`) and what choosing does (`choose`)."""

    def __init__(
        self,
        what: str,
        model: QAbstractItemModel,
        delegate: QStyledItemDelegate,
        width: int,
        rows: int,
        parent: QWidget,
        heading: str = "",
    ) -> None:
        """`what` is sought, in the plural; `rows` are seen at once."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(f"Search {what}")
        self.setProperty("popup", True)
        self.setFixedWidth(width)
        self._rows = rows
        for owned in (model, delegate):
            owned.setParent(self)
        self.field = named(QLineEdit(), f"Search {what}")
        self.field.setPlaceholderText(f"Search {what}")
        self.field.setClearButtonEnabled(True)
        self.list = named(QListView(), f"{what.capitalize()} found")
        self.list.setModel(model)
        self.list.setItemDelegate(delegate)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._none = QLabel()
        self._none.setWordWrap(True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("role", "muted")
        self._lay_out(heading)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._choose)
        self.list.clicked.connect(self._choose)
        self.field.installEventFilter(self)

    def fill(self, query: str) -> tuple[QModelIndex, str]:
        """Have the model hold what fits; the entry to begin with (invalid for none), and why there is none."""
        raise NotImplementedError

    def choose(self, index: QModelIndex) -> None:
        """An entry was chosen."""
        raise NotImplementedError

    def begin(self) -> None:
        """List everything and take the keyboard; to be called once it is placed."""
        self._search("")
        self.show()
        self.field.setFocus()

    def _lay_out(self, heading: str) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        if heading:
            head = QLabel(heading)
            head.setProperty("role", "small")
            layout.addWidget(head)
        for widget in (self.field, self.list, self._none):
            layout.addWidget(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _KEYS:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _search(self, query: str) -> None:
        first, reason = self.fill(query)
        model: Any = self.list.model()
        found = model.rowCount() > 0
        self.list.setVisible(found)
        self._none.setVisible(not found)
        self._none.setText(reason)
        self.list.setCurrentIndex(first)
        self.list.setFixedHeight(min(self._rows, model.rowCount()) * self.list.sizeHintForRow(0) + 2)
        self.adjustSize()

    def _choose(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            self.choose(index)
