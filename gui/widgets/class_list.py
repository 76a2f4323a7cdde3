"""The classes of a data set with a bar for the number of images of each, and a field to search their names."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ..accessible import named
from ..theme import follow, small_font, theme

_ROW = 24
_COUNT, _CLASS = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
ALL = -1


class ClassList(QWidget):
    """`changed()` is sent when other classes are to be shown: the one chosen, or all whose name has what is sought."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = named(QLineEdit(), "Search classes", "Show the classes whose name has this")
        self.search.setPlaceholderText("Search classes")
        self.search.setClearButtonEnabled(True)
        self._model = QStandardItemModel(self)
        self._found = _Found(self)
        self._found.setSourceModel(self._model)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.list = named(QListView(), "Classes")
        self.list.setModel(self._found)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bars = _Bars(self)
        self.list.setItemDelegate(self._bars)
        self.list.setMinimumHeight(3 * _ROW)
        self.search.textChanged.connect(self._search)
        self.list.selectionModel().currentChanged.connect(lambda *_: self.changed.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        follow(self, self.list.viewport().update)

    def show_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Show these classes, and all of them as chosen."""
        self._model.clear()
        self._bars.most = max(counts, default=0)
        for label, (name, count) in enumerate((("All classes", sum(counts)), *zip(names, counts)), ALL):
            item = QStandardItem(name)
            item.setData(count, _COUNT)
            item.setData(label, _CLASS)
            item.setData(f"{name}, {count:,} images", Qt.ItemDataRole.AccessibleTextRole)
            item.setToolTip(f"{name}: {count:,} images")
            self._model.appendRow(item)
        self.search.clear()
        self.list.setCurrentIndex(self._found.index(0, 0))

    @property
    def classes(self) -> tuple[int, ...] | None:
        """The classes to show; None for all."""
        chosen = self.list.currentIndex()
        label = int(chosen.data(_CLASS)) if chosen.isValid() else ALL
        if label != ALL:
            return (label,)
        if not self.search.text():
            return None
        rows = (self._found.index(row, 0).data(_CLASS) for row in range(self._found.rowCount()))
        return tuple(int(label) for label in rows if label != ALL)

    def _search(self, text: str) -> None:
        self._found.setFilterFixedString(text)
        self.changed.emit()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(168, 10 * _ROW)


class _Found(QSortFilterProxyModel):
    """The classes whose name has what is sought; the row for all of them stays."""

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:  # noqa: N802
        return row == 0 or super().filterAcceptsRow(row, parent)


class _Bars(QStyledItemDelegate):
    """Name at the left, count at the right, and a bar as long as the count below both."""

    most = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(96, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        place = QRectF(option.rect)
        if chosen:
            painter.fillRect(place, theme.color("selection"))
        count = int(index.data(_COUNT))
        painter.setFont(small_font(bold=chosen))
        painter.setPen(theme.color("text"))
        text = place.adjusted(8, 0, -8, -4)
        figure = f"{count:,}"
        wide = painter.fontMetrics().horizontalAdvance(figure)
        middle = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, int(text.width()) - wide - 8)
        painter.drawText(text, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(theme.color("muted"))
        painter.drawText(text, middle | Qt.AlignmentFlag.AlignRight, figure)
        if index.data(_CLASS) != ALL and self.most:
            bar = QRectF(place.x() + 8, place.bottom() - 4, (place.width() - 16) * count / self.most, 2)
            painter.fillRect(bar, theme.color("accent"))
