"""The palette: all layer types by category, to drag onto the canvas or to add with Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from ..accessible import named
from ..icons import set_icon
from ..layer_list import TYPE, LayerDelegate, LayerListModel

_INTO_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Up)


class Palette(QWidget):
    """Emits `chosen` with a layer type's name on double-click and Enter."""

    title = "Layers"
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = named(QLineEdit(), "Search layers")
        self.field.setPlaceholderText("Search layers")
        self.field.setClearButtonEnabled(True)
        sign = QAction(self)
        set_icon(sign, "magnifying-glass", "muted")
        self.field.addAction(sign, QLineEdit.ActionPosition.LeadingPosition)
        self.list = named(QListView(), "Layer types")
        self._model = LayerListModel(headings=True, parent=self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(LayerDelegate(summaries=False, parent=self))
        self.list.setMouseTracking(True)
        self.list.setDragEnabled(True)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._none = QLabel("No layer fits.\nTry another word.")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("role", "muted")
        self._none.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 0, 0)
        layout.setSpacing(6)
        head = QVBoxLayout()
        head.setContentsMargins(0, 0, 8, 0)
        head.addWidget(self.field)
        layout.addLayout(head)
        layout.addWidget(self.list)
        layout.addWidget(self._none, 1)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(lambda: self._choose(self.list.currentIndex()))
        self.field.installEventFilter(self)
        self.list.doubleClicked.connect(self._choose)
        self.list.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self.field and event.key() in _INTO_LIST:
                self.list.keyPressEvent(event)
                return True
            if watched is self.list and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _search(self, query: str) -> None:
        self._model.set_query(query)
        first = self._model.first()
        self.list.setVisible(first.isValid())
        self._none.setVisible(not first.isValid())
        if query.strip():
            self.list.setCurrentIndex(first)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and index.data(TYPE):
            self.chosen.emit(index.data(TYPE))
