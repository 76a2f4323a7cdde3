"""Every command of the menus by typing a few of its letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QMainWindow, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from .commands import Command, commands, search
from .theme import body_font, small_font, theme
from .widgets.finder import Finder

_WIDTH, _ROWS, _ROW_HEIGHT, _TOP, _FOR_KEYS = 520, 10, 32, 72, 120
_COMMAND = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class CommandPalette(Finder):
    """Opens over the window; a command that is chosen runs."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._model = _CommandModel(commands(window.menuBar()))
        super().__init__("commands", self._model, _CommandDelegate(), _WIDTH, _ROWS, window)

    def open(self) -> None:
        """Show it in the upper middle of the window."""
        self.move(self._window.mapToGlobal(QPoint((self._window.width() - _WIDTH) // 2, _TOP)))
        self.begin()

    def fill(self, query: str) -> tuple[QModelIndex, str]:
        self._model.search(query)
        return self._model.index(0, 0), "No command fits. Try another word."

    def choose(self, index: QModelIndex) -> None:
        action = index.data(_COMMAND).action
        self.close()
        action.trigger()


class _CommandModel(QAbstractListModel):
    """The commands that fit."""

    def __init__(self, everything: list[Command]) -> None:
        super().__init__()
        self._everything, self._shown = everything, everything

    def search(self, query: str) -> None:
        """Hold what fits."""
        self.beginResetModel()
        self._shown = search(query, self._everything)
        self.endResetModel()

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
        name = painter.fontMetrics().elidedText(command.name, _ELIDE, text.width() - _FOR_KEYS)
        used = painter.boundingRect(text, _LEFT, name)
        painter.drawText(text, _LEFT, name)
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
