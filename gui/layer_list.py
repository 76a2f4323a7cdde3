"""Layer and block types as a list: search, and how an entry looks. Used by the palette and the search on the canvas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from convscope.engine import blocks, layers
from convscope.engine.spec import Layer

from .matching import Rank, rank
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
    "block",
)
HEADINGS = {"block": "Blocks"}
"""Headings of categories that are not the category's own name."""

Index = QModelIndex | QPersistentModelIndex
TYPES: dict[str, type[Layer] | type[blocks.Block]] = {**layers.TYPES, **blocks.TYPES}
"""What can be added to a network, by name."""
TYPE = Qt.ItemDataRole.UserRole
MIME = "application/x-convscope-layer"


def search(query: str) -> list[str]:
    """Names of the layer and block types that fit a query, best first; all of them, by category, for an empty one.

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


def _score(query: str, name: str) -> Rank | None:
    about = TYPES[name].about
    return rank(query, name, f"{about.category} {about.summary}".lower().replace(",", " ").split())


class LayerListModel(QAbstractListModel):
    """The layer types that fit the query, less some, with `headings` under their categories while the query is empty.

    Rows can be dragged: the data of type `MIME` is the layer type's name. A heading has no TYPE.
    """

    def __init__(self, headings: bool = False, without: Collection[str] = (), parent: Any = None) -> None:
        super().__init__(parent)
        self._headings, self._without = headings, without
        self._rows: list[tuple[str, str]] = []  # (heading, "") or ("", type name)
        self.set_query("")

    def set_query(self, query: str) -> None:
        self.beginResetModel()
        self._rows = []
        heading = ""
        for name in search(query):
            if name in self._without:
                continue
            category = TYPES[name].about.category
            if self._headings and not query.strip() and category != heading:
                heading = category
                self._rows.append((HEADINGS.get(category, category.capitalize()), ""))
            self._rows.append(("", name))
        self.endResetModel()

    def first(self) -> QModelIndex:
        """The first row that is a layer type, invalid if there is none."""
        row = next((i for i, (_, name) in enumerate(self._rows) if name), -1)
        return self.index(row, 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        heading, name = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return heading or name
        if role == TYPE:
            return name
        if name and role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return TYPES[name].about.summary
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or not self._rows[index.row()][1]:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:  # noqa: N802
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802
        data = QMimeData()
        data.setData(MIME, indexes[0].data(TYPE).encode())
        return data


class LayerDelegate(QStyledItemDelegate):
    """A dot in the category's colour, the name and, with `summaries`, one line of help."""

    def __init__(self, summaries: bool, parent: Any = None) -> None:
        super().__init__(parent)
        self._summaries = summaries

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(160, 42 if self._summaries else 25)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(4, 1, -4, -1)
        name = index.data(TYPE)
        if name:
            self._paint_background(painter, option, area)
            self._paint_entry(painter, area, name)
        else:
            painter.setFont(small_font(bold=True))
            painter.setPen(theme.color("muted"))
            place = area.adjusted(8, 4, 0, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, index.data())
        painter.restore()

    @staticmethod
    def _paint_background(painter: QPainter, option: QStyleOptionViewItem, area: QRect) -> None:
        state = QStyle.StateFlag
        if option.state & (state.State_Selected | state.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if option.state & state.State_Selected else "raised"))
            painter.drawRoundedRect(area, 5, 5)

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
