"""Every command of the menus by typing a few of its letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QMainWindow,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from .accessible import named
from .commands import Command, commands, search
from .theme import body_font, small_font, theme

_WIDTH, _ROWS, _ROW_HEIGHT, _TOP = 520, 10, 32, 72
_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_COMMAND = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class CommandPalette(QFrame):
    """Opens over the window; Enter or a click runs a command and closes it, Escape or a click outside closes it."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Search commands")
        self.setProperty("popup", True)
        self.setFixedWidth(_WIDTH)
        self._window = window
        self._model = _CommandModel(commands(window.menuBar()), self)
        self.field = named(QLineEdit(), "Search commands")
        self.field.setPlaceholderText("What to do …")
        self.field.setClearButtonEnabled(True)
        self.list = named(QListView(), "Commands found")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_CommandDelegate(self))
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._none = QLabel("No command fits. Try another word.")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self.field, self.list, self._none):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._run)
        self.list.clicked.connect(self._run)
        self.field.installEventFilter(self)
        self._search("")

    def open(self) -> None:
        """Show it in the upper middle of the window."""
        self.move(self._window.mapToGlobal(QPoint((self._window.width() - _WIDTH) // 2, _TOP)))
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _KEYS:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _search(self, query: str) -> None:
        count = self._model.search(query)
        self.list.setVisible(count > 0)
        self._none.setVisible(count == 0)
        self.list.setCurrentIndex(self._model.index(0, 0))
        self.list.setFixedHeight(min(_ROWS, max(count, 1)) * _ROW_HEIGHT + 2)
        self.adjustSize()

    def _run(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            action = index.data(_COMMAND).action
            self.close()
            action.trigger()


class _CommandModel(QAbstractListModel):
    """The commands that fit."""

    def __init__(self, everything: list[Command], parent: QObject) -> None:
        super().__init__(parent)
        self._everything, self._shown = everything, everything

    def search(self, query: str) -> int:
        """Show what fits; returns how many do."""
        self.beginResetModel()
        self._shown = search(query, self._everything)
        self.endResetModel()
        return len(self._shown)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        command = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.name
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return " ▸ ".join((*command.menus, command.keys))
        return command if role == _COMMAND else None


class _CommandDelegate(QStyledItemDelegate):
    """The command's name, the menus it stands in, and its keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(_WIDTH - 24, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command: Command = index.data(_COMMAND)
        area = option.rect.adjusted(4, 1, -4, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            selected = option.state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if selected else "raised"))
            painter.drawRoundedRect(area, 5, 5)
        text = area.adjusted(10, 0, -10, 0)
        painter.setFont(body_font())
        painter.setPen(theme.color("text"))
        used = painter.boundingRect(text, _LEFT, command.name)
        painter.drawText(text, _LEFT, command.name)
        painter.setFont(small_font())
        painter.setPen(theme.color("muted"))
        keys = painter.boundingRect(text, _RIGHT, command.keys)
        painter.drawText(text, _RIGHT, command.keys)
        between = QRect(used.right() + 12, text.top(), keys.left() - used.right() - 24, text.height())
        place = " ▸ ".join(command.menus)
        painter.drawText(between, _LEFT, painter.fontMetrics().elidedText(place, _ELIDE, max(between.width(), 0)))
        painter.restore()


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_ELIDE = Qt.TextElideMode.ElideRight
