"""The methods of looking inside, by what they give, with a line on each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..theme import body_font, small_font, theme

NAME = Qt.ItemDataRole.UserRole
SUMMARY = Qt.ItemDataRole.UserRole + 1
_HEADINGS = {"heat map": "Heat maps", "image": "Images", "maps": "Maps", "sequence": "Sequences", "table": "Tables"}


class MethodList(QListWidget):
    """`picked(name)` is sent when another method is chosen."""

    picked = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Methods")
        self.setItemDelegate(_Entry(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # heights depend on the width
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.currentItemChanged.connect(self._chosen)

    @property
    def method(self) -> str:
        """Name of the chosen method, "" for none."""
        item = self.currentItem()
        return str(item.data(NAME) or "") if item is not None else ""

    def set_methods(self, methods: Mapping[str, Any], first: str) -> None:
        """Offer declarations under a heading for each kind of result, and choose `first`."""
        self.clear()
        for kind, heading in _HEADINGS.items():
            row = QListWidgetItem(heading, self)
            row.setFlags(Qt.ItemFlag.NoItemFlags)
            for method in sorted((m for m in methods.values() if m.gives == kind), key=lambda m: str(m.title)):
                item = QListWidgetItem(method.title, self)
                item.setData(NAME, method.name)
                item.setData(SUMMARY, method.summary)
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, method.summary)
                item.setToolTip(f"{method.summary}\n{method.source}")
        self.pick(first)

    def pick(self, name: str) -> None:
        """Choose a method by name."""
        for row in range(self.count()):
            if self.item(row).data(NAME) == name:
                self.setCurrentRow(row)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(NAME):
            self.picked.emit(item.data(NAME))


class _Entry(QStyledItemDelegate):
    """Title, and below it the summary in small letters; headings in small bold ones."""

    _EDGE, _TOP = 10, 6

    def __init__(self, list_: QListWidget) -> None:
        super().__init__(list_)
        self._list = list_

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:  # noqa: N802
        if not index.data(NAME):
            return QSize(0, 30)
        width = self._list.viewport().width() - 2 * self._EDGE
        box = QRect(0, 0, width, 200)
        lines = QFontMetrics(small_font()).boundingRect(box, int(Qt.TextFlag.TextWordWrap), index.data(SUMMARY))
        return QSize(0, 2 * self._TOP + QFontMetrics(body_font()).height() + lines.height() + 1)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        place, state = option.rect, option.state  # type: ignore[attr-defined]
        inside = place.adjusted(self._EDGE, self._TOP, -self._EDGE, -self._TOP)
        painter.save()
        if not index.data(NAME):
            painter.setFont(small_font(bold=True))
            painter.setPen(theme.color("muted"))
            painter.drawText(inside, Qt.AlignmentFlag.AlignBottom, index.data())
            painter.restore()
            return
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "raised"))
            painter.drawRoundedRect(place, 5, 5)
        painter.setFont(body_font())
        painter.setPen(theme.color("text"))
        painter.drawText(inside, Qt.AlignmentFlag.AlignTop, index.data())
        painter.setFont(small_font())
        painter.setPen(theme.color("muted"))
        below = inside.adjusted(0, QFontMetrics(body_font()).height() + 1, 0, 0)
        painter.drawText(below, int(Qt.TextFlag.TextWordWrap), index.data(SUMMARY))
        painter.restore()
