"""Layer types as a list: search, and how an entry looks. Used by the palette and the search on the canvas."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from convscope.engine.layers import TYPES

from .theme import body_font, small_font, theme

CATEGORIES = (
    "convolution",
    "pooling",
    "activation",
    "normalisation",
    "dense",
    "merge",
    "reshape",
    "regularisation",
)
Index = QModelIndex | QPersistentModelIndex
TYPE = Qt.ItemDataRole.UserRole
MIME = "application/x-convscope-layer"


def search(query: str) -> list[str]:
    """Names of the layer types that fit a query, best first; all of them, by category, for an empty one.

    A query fits when its letters occur in this order in the name, or as a word's beginning in the summary.
    """
    query = query.strip().lower()
    order = sorted(TYPES, key=lambda name: (_rank(name), name))
    if not query:
        return order
    scored = [(_score(query, name), name) for name in order]
    return [name for score, name in sorted((s, n) for s, n in scored if s is not None)]


def _rank(name: str) -> int:
    category = TYPES[name].about.category
    return CATEGORIES.index(category) if category in CATEGORIES else len(CATEGORIES)


def _score(query: str, name: str) -> tuple[int, int] | None:
    """Smaller is better; None does not fit."""
    lower = name.lower()
    if lower.startswith(query):
        return 0, len(name)
    if query in lower:
        return 1, lower.index(query)
    about = TYPES[name].about
    words = f"{about.category} {about.summary}".lower().replace(",", " ").split()
    if any(word.startswith(query) for word in words):
        return 2, 0
    letters = iter(lower)
    return (3, len(name)) if all(letter in letters for letter in query) else None


class LayerListModel(QAbstractListModel):
    """The layer types that fit the query; `dragged` data is the type's name."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._names = search("")

    def set_query(self, query: str) -> None:
        self.beginResetModel()
        self._names = search(query)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        name = self._names[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, TYPE):
            return name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return TYPES[name].about.summary
        return None


class LayerDelegate(QStyledItemDelegate):
    """A dot in the category's colour, the name and, with `summaries`, one line of help."""

    def __init__(self, summaries: bool, parent: Any = None) -> None:
        super().__init__(parent)
        self._summaries = summaries

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(160, 42 if self._summaries else 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(4, 1, -4, -1)
        state = QStyle.StateFlag
        if option.state & (state.State_Selected | state.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if option.state & state.State_Selected else "raised"))
            painter.drawRoundedRect(area, 5, 5)
        self._paint_entry(painter, area, index.data(TYPE))
        painter.restore()

    def _paint_entry(self, painter: QPainter, area: QRect, name: str) -> None:
        about = TYPES[name].about
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.category(about.category))
        head = QRect(area.left() + 28, area.top(), area.width() - 34, area.height())
        if self._summaries:
            head.setHeight(area.height() // 2 + 2)
        painter.drawRoundedRect(area.left() + 10, head.center().y() - 4, 9, 9, 2.5, 2.5)
        painter.setFont(body_font(bold=self._summaries))
        painter.setPen(theme.color("text"))
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        if self._summaries:
            below = QRect(head.left(), head.bottom() - 2, head.width(), area.bottom() - head.bottom())
            painter.setFont(small_font())
            painter.setPen(theme.color("muted"))
            text = QFontMetrics(small_font()).elidedText(about.summary, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
