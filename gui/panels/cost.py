"""The cost table: what every layer takes, with totals that stay in sight."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.cost.units import format_bytes, format_count

from ..models.costs import COLUMNS, CostModel, Index, TotalModel, alignment
from ..models.document import Document
from ..theme import body_font, follow, theme
from .fields import WholeNumber

_ROW = 24
_SIDE, _TEXT, _BEHIND_DOT = 8, 11, 29  # pixels from the sides of a cell to bars and texts
_SELECTED = QStyle.StateFlag.State_Selected
_ALIGNED = [int(alignment(column)) for column in range(len(COLUMNS))]
_WIDTHS = (128, 112, 100, 104, 120, 92, 108)


class Costs(QWidget):
    """Emits `chosen` with a layer's name when its row is clicked."""

    title = "Costs"
    chosen = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.table = _Table("Costs of the layers")
        self.model = CostModel(document, self)
        self.table.setModel(self.model)
        self.table.setItemDelegate(ShareDelegate(self.model, self))
        self.totals = _Table("Total costs")
        self.totals.setModel(TotalModel(document, self))
        self.totals.horizontalHeader().hide()
        self.totals.setFixedHeight(_ROW + 4)
        self.totals.setFont(body_font(bold=True))
        self.totals.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.totals.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.totals.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.totals.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._memory = QLabel()
        self._memory.setProperty("role", "small")
        self._memory.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._lay_out()
        header = self.table.horizontalHeader()
        header.sectionResized.connect(lambda i, old, new: self.totals.setColumnWidth(i, new))
        for column, width in enumerate(_WIDTHS):
            self.table.setColumnWidth(column, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        scroll = self.table.horizontalScrollBar()
        scroll.valueChanged.connect(self.totals.horizontalScrollBar().setValue)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        document.selection_changed.connect(self._show_selection)
        document.replaced.connect(self._show_memory)
        document.costs_changed.connect(self._show_memory)
        document.costs_changed.connect(self._keep_selection)
        follow(self, self._restyle)
        self._show_memory()

    def _lay_out(self) -> None:
        self.batch = WholeNumber(1, 65536, "Batch size")
        self.batch.setRange(1, 65536)
        self.batch.setValue(self._document.batch)
        self.batch.setFixedWidth(76)
        self.batch.setToolTip("Memory is shown for batches of this many images")
        self.batch.valueChanged.connect(self._set_batch)
        label = QLabel("Batch")
        label.setProperty("role", "small")
        label.setBuddy(self.batch)
        top = QHBoxLayout()
        top.setContentsMargins(12, 4, 12, 4)
        top.setSpacing(8)
        top.addWidget(self._memory, 1)
        top.addWidget(label)
        top.addWidget(self.batch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.table)
        layout.addWidget(self.totals)

    def _set_batch(self, batch: int) -> None:
        self._document.batch = batch

    def _show_memory(self) -> None:
        totals = self._document.summary.totals
        if self._document.lacks_memory:
            text = f"{format_count(totals.flops)} FLOPs an image    ·    memory is being planned …"
        elif totals.inference_bytes is None or totals.training_bytes is None:
            text = "Memory is known once the network has no problems."
        else:
            text = (
                f"{format_count(totals.flops)} FLOPs an image    ·    memory for inference "
                f"{format_bytes(totals.inference_bytes)}    ·    for training {format_bytes(totals.training_bytes)}"
            )
        self._memory.setText(text)

    def _row_changed(self, current: QModelIndex) -> None:
        if current.isValid() and self.table.hasFocus():
            self.chosen.emit(self.model.name_at(current.row()))

    def _show_selection(self, name: str) -> None:
        row = self.model.row_of(name)
        if row < 0:
            self.table.clearSelection()
            return
        flags = QItemSelectionModel.SelectionFlag
        index = self.model.index(row, 0)
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index)

    def _keep_selection(self) -> None:
        """Select the current layer where the table did not have it yet."""
        if self.model.row_of(self._document.selected) != self.table.currentIndex().row():
            self._show_selection(self._document.selected)

    def _restyle(self) -> None:
        self.totals.setStyleSheet(f"QTableView {{ border-top: 1px solid {theme.colours.line}; }}")


class ShareDelegate(QStyledItemDelegate):
    """A cell with a thin bar for its share of the column.

    It paints all by itself: the style would take longer for the cells in view than the canvas for its cards.
    """

    def __init__(self, model: CostModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(64, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area, column = QRectF(option.rect), index.column()
        cell = self._model.cell(index.row(), column)
        if option.state & _SELECTED:
            painter.fillRect(area, theme.color("selection"))
        painter.setPen(theme.color("text"))
        painter.setFont(option.font)
        place = area.adjusted(_TEXT if column else _BEHIND_DOT, 0, -_TEXT, 0)
        shown = option.fontMetrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, _ALIGNED[column], shown)
        if not cell.share and column:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.category(cell.category))
        if cell.share:
            width = max(2.0, (area.width() - 2 * _SIDE) * cell.share)
            painter.drawRoundedRect(QRectF(area.right() - _SIDE - width, area.bottom() - 4, width, 2.5), 1.2, 1.2)
        else:
            painter.drawRoundedRect(QRectF(area.left() + 12, area.center().y() - 4, 9, 9), 2.5, 2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class _Table(QTableView):
    """A quiet table: whole rows, no grid, no row numbers."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setMinimumSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setStretchLastSection(False)

    def setModel(self, model: QAbstractItemModel | None) -> None:  # noqa: N802
        """Show a model. The header has a selection of its own: it would be painted anew for each row that is chosen."""
        super().setModel(model)
        if model is not None:
            self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
