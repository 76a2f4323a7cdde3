"""The results so far as small pictures in a row: those that are chosen are shown."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

_SIDE = 56
_CELL = 98  # the picture above two lines of text
_KEY = Qt.ItemDataRole.UserRole


class ResultStrip(QListWidget):
    """A click chooses one, Ctrl+click and Shift+click several; Delete asks to remove them.

    `chosen(keys)` is sent when the choice changes, `removal_wanted()` by the Delete key.
    """

    chosen = Signal(list)
    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Results")
        self.setToolTip("Click to show a result, Ctrl+click to show several side by side, Del to remove")
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setGridSize(QSize(128, _CELL))
        self.setWordWrap(True)
        self.setFixedHeight(_CELL + 20)  # the scroll bar, and room below
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("results", True)
        self.itemSelectionChanged.connect(lambda: self.chosen.emit(self.keys))

    @property
    def keys(self) -> list[int]:
        """The numbers of the results that are chosen, in order."""
        return [item.data(_KEY) for item in sorted(self.selectedItems(), key=self.row)]

    def add(self, key: int, title: str, picture: QPixmap) -> None:
        """Put a result at the end and choose it alone."""
        item = QListWidgetItem(title, self)
        item.setData(_KEY, key)
        item.setToolTip(title)
        item.setIcon(_icon(picture))
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.clearSelection()
        self.setCurrentItem(item)
        self.scrollToItem(item)

    def choose(self, keys: list[int]) -> None:
        """Choose these results and no others."""
        self.blockSignals(True)
        for row in range(self.count()):
            self.item(row).setSelected(self.item(row).data(_KEY) in keys)
        self.blockSignals(False)
        self.chosen.emit(self.keys)

    def remove(self, keys: list[int]) -> None:
        """Take results out; the nearest that is left is chosen."""
        for row in reversed(range(self.count())):
            if self.item(row).data(_KEY) in keys:
                self.takeItem(row)
        if self.count() and not self.selectedItems():
            self.setCurrentRow(min(max(self.currentRow(), 0), self.count() - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)


def _icon(picture: QPixmap) -> QIcon:
    """The picture in the middle of a square; the same when it is chosen."""
    square = QPixmap(_SIDE, _SIDE)
    square.fill(Qt.GlobalColor.transparent)
    painter = QPainter(square)
    painter.drawPixmap((_SIDE - picture.width()) // 2, (_SIDE - picture.height()) // 2, picture)
    painter.end()
    found = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        found.addPixmap(square, mode)
    return found
