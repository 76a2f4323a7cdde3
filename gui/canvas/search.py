"""Search-to-add: type a few letters, press Enter, and the layer stands on the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from ..accessible import named
from ..layer_list import TYPE, LayerDelegate, LayerListModel, search

_WIDTH, _ROWS = 352, 6
_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class SearchPopup(QFrame):
    """Emits `chosen` with a layer type's name and closes; Escape or a click outside closes it without.

    Types that are `refused` are not offered; one that is sought by name is answered with the reason.
    """

    chosen = Signal(str)

    def __init__(self, title: str, parent: QWidget, refused: Mapping[str, str] | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Search layers to add")
        self.setProperty("popup", True)
        self.setFixedWidth(_WIDTH)
        self.field = named(QLineEdit(), "Search layers")
        self.field.setPlaceholderText("Search layers …")
        self.field.setClearButtonEnabled(True)
        self.list = named(QListView(), "Layers found")
        self._refused = refused or {}
        self._model = LayerListModel(without=self._refused, parent=self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(LayerDelegate(summaries=True, parent=self))
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._none = QLabel()
        self._none.setWordWrap(True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("role", "muted")
        heading = QLabel(title)
        heading.setProperty("role", "small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (heading, self.field, self.list, self._none):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._choose)
        self.list.clicked.connect(self._choose)
        self.field.installEventFilter(self)
        self._search("")

    def show_at(self, place: QPoint) -> None:
        """Open at a point of the screen, moved so that all of it is seen."""
        screen = self.screen().availableGeometry()
        x = max(screen.left(), min(place.x(), screen.right() - _WIDTH))
        y = max(screen.top(), min(place.y(), screen.bottom() - self.sizeHint().height()))
        self.move(x, y)
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _KEYS:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _search(self, query: str) -> None:
        self._model.set_query(query)
        found = self._model.rowCount() > 0
        self.list.setVisible(found)
        self._none.setVisible(not found)
        sought = next(iter(search(query)), "")
        self._none.setText(
            f"{self._refused[sought]}." if sought in self._refused else "No layer fits. Try another word."
        )
        self.list.setCurrentIndex(self._model.first())
        self.list.setFixedHeight(min(_ROWS, self._model.rowCount()) * self.list.sizeHintForRow(0) + 2)
        self.adjustSize()

    def _choose(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            name = index.data(TYPE)
            self.close()
            self.chosen.emit(name)
