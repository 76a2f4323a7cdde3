"""Runs as cards in a list: name and accuracy, what was trained on what, how it ended, tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QIcon, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..icons import icon
from ..theme import body_font, follow, small_font, theme
from ..work.kept import title_of
from . import figures

if TYPE_CHECKING:
    from convscope.engine.runs import RunSummary

Index = QModelIndex | QPersistentModelIndex
RUN = Qt.ItemDataRole.UserRole
_TOP, _LINE, _MARGIN, _BOX = 8, 20, 12, 16
_NEAR = 6  # so far beside its box a click is meant for it
_STATES = {
    "running": ("play", "accent"),
    "interrupted": ("warning", "warning"),
    "error": ("warning-circle", "error"),
    "cancelled": ("stop", "muted"),
    "completed": ("check", "success"),
}
_ELIDE = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


def colour_of(place: int) -> int:
    """The colour of the run that was chosen as number `place`, as an index into the theme's series."""
    return (place + 2) % len(theme.colours.series)  # the first two are those of the run that goes on


def extent(run: RunSummary) -> str:
    """How much of it was done: `12 of 20 epochs`."""
    return f"{run.epoch:,} of {run.settings.get('epochs', 0):,} epochs"


def when(run: RunSummary) -> str:
    """Day and time at which it was begun, as the clock on the wall has it."""
    moment, now = datetime.fromisoformat(run.created).astimezone(), datetime.now().astimezone()
    return moment.strftime("%H:%M" if moment.date() == now.date() else "%d %b %Y")


def described(run: RunSummary) -> str:
    """Everything of a card in one sentence, for the tip and for screen readers."""
    best = "" if run.best_accuracy is None else f", best accuracy {figures.percent(run.best_accuracy)}"
    tags = f", tags {', '.join(run.tags)}" if run.tags else ""
    return f"{title_of(run)}: {run.network} on {run.dataset}, {run.status}, {extent(run)}{best}, {when(run)}{tags}"


class _Runs(QAbstractListModel):
    renamed = Signal(str, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.runs: tuple[RunSummary, ...] = ()

    def put(self, runs: Sequence[RunSummary]) -> None:
        self.beginResetModel()
        self.runs = tuple(runs)
        self.endResetModel()

    def note(self, run: str, epoch: int, best: float | None) -> None:
        for row, known in enumerate(self.runs):
            if known.id == run:
                new = replace(known, epoch=epoch, best_accuracy=best)
                self.runs = (*self.runs[:row], new, *self.runs[row + 1 :])
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.runs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run = self.runs[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return title_of(run)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            more = f"\n{run.message}" if run.message and role == Qt.ItemDataRole.ToolTipRole else ""
            return described(run) + more
        return run if role == RUN else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        run, name = self.runs[index.row()], str(value).strip()
        if name != title_of(run):
            self.renamed.emit(run.id, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable


class RunList(QListView):
    """A click chooses one run, a click on its box or Ctrl+click one more; F2 renames, Del asks to remove.

    `chosen(ids)` are the runs that are chosen, in the order of the list; `renamed(id, name)` is a wish.
    """

    chosen = Signal(list)
    renamed = Signal(str, str)
    removal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Runs")
        self._model = _Runs(self)
        self.setModel(self._model)
        self._delegate = _Card(self)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._model.renamed.connect(self.renamed)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        self._silent = False
        follow(self, self.viewport().update)

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        return self._model.runs

    @property
    def selected(self) -> list[RunSummary]:
        """The runs that are chosen, in the order of the list."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self._model.runs[row] for row in rows]

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show these runs; those that were chosen stay so, as far as they are there."""
        if tuple(runs) == self._model.runs:
            return
        wanted, current = {run.id for run in self.selected}, self.currentIndex().row()
        at = self._model.runs[current].id if 0 <= current < len(self._model.runs) else ""
        self._silent = True
        self._model.put(runs)
        for row, run in enumerate(runs):
            index = self._model.index(row)
            if run.id == at:
                self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            if run.id in wanted:
                self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)
        self._silent = False
        if wanted != {run.id for run in self.selected}:
            self._tell()

    def note(self, run: str, epoch: int, best: float | None) -> None:
        """Tell how far a run is that goes on, and its best accuracy, which the disk may not know yet."""
        self._model.note(run, epoch, best)

    def box(self, row: int) -> QRect:
        """Where the box of a row is, in the coordinates of the viewport."""
        return _box(self.visualRect(self._model.index(row)))

    def place_of(self, run: RunSummary) -> int | None:
        """At which place of those chosen a run is; None if it is not among them."""
        ids = [one.id for one in self.selected]
        return ids.index(run.id) if run.id in ids else None

    def _tell(self) -> None:
        self.viewport().update()
        if not self._silent:
            self.chosen.emit([run.id for run in self.selected])

    def selectionCommand(  # noqa: N802
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        if not index.isValid() or not isinstance(event, QMouseEvent):
            return super().selectionCommand(index, event)
        around = _box(self.visualRect(index)).adjusted(-_NEAR, -_NEAR, _NEAR, _NEAR)
        if not around.contains(event.position().toPoint()):
            return super().selectionCommand(index, event)
        flags = QItemSelectionModel.SelectionFlag
        return flags.Toggle if event.type() == QEvent.Type.MouseButtonPress else flags.NoUpdate

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)


class _Card(QStyledItemDelegate):
    """Paints a run: three lines, the last of them with its tags where it has any."""

    def __init__(self, view: RunList) -> None:
        super().__init__(view)
        self._view = view
        self._icons: dict[tuple[str, str], QIcon] = {}  # making one takes longer than painting a card
        follow(self, self._icons.clear)

    def _icon(self, name: str, colour: str) -> QIcon:
        if (name, colour) not in self._icons:
            self._icons[name, colour] = icon(name, colour)
        return self._icons[name, colour]

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        lines = 3 if index.data(RUN).tags else 2
        return QSize(0, 2 * _TOP + lines * _LINE)

    def updateEditorGeometry(self, editor: QWidget, option: Any, index: Index) -> None:  # noqa: N802
        editor.setGeometry(_text_area(option.rect).adjusted(-4, 4, 0, 0).intersected(option.rect.adjusted(0, 0, -8, 0)))
        editor.setFixedHeight(28)
        if isinstance(editor, QLineEdit):
            editor.setAccessibleName("Name of the run")

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        run, area = index.data(RUN), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.fillRect(area, theme.color("selection" if selected else "raised"))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        self._paint_box(painter, _box(area), self._view.place_of(run) if selected else None)
        self._paint_text(painter, _text_area(area), run)
        painter.setPen(theme.color("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.restore()

    def _paint_box(self, painter: QPainter, box: QRect, place: int | None) -> None:
        """Empty, or filled with the colour that the run has in the curves."""
        colour = theme.color("surface") if place is None else QColor(theme.colours.series[colour_of(place)])
        painter.setPen(QPen(theme.color("faint") if place is None else colour, 1))
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(box), 4, 4)
        if place is not None:
            painter.setPen(QPen(theme.color("surface"), 2))
            left, middle, right = QPoint(4, 8), QPoint(7, 11), QPoint(12, 5)
            painter.drawPolyline([box.topLeft() + point for point in (left, middle, right)])

    def _paint_text(self, painter: QPainter, area: QRect, run: RunSummary) -> None:
        best = figures.percent(run.best_accuracy)
        _line(painter, _row(area, 0), title_of(run), best, body_font(bold=True), "text")
        name, colour = _STATES[run.status]
        row = _row(area, 1)
        self._icon(name, colour).paint(painter, QRect(row.left(), row.top() + 4, 12, 12))
        row.setLeft(row.left() + 18)
        what = f"{run.network} · {run.dataset}" if title_of(run) != run.network else run.dataset
        state = run.status.capitalize() if run.status in ("interrupted", "error", "running") else ""
        epochs = f"{run.epoch:,}/{run.settings.get('epochs', 0):,}"
        parts = [part for part in (state, epochs, what) if part]
        _line(painter, row, " · ".join(parts), when(run), small_font(), "muted")
        if run.tags:
            _line(painter, _row(area, 2), "# " + "  # ".join(run.tags), "", small_font(), "accent")


def _box(area: QRect) -> QRect:
    return QRect(area.left() + _MARGIN, area.top() + _TOP + 2, _BOX, _BOX)


def _text_area(area: QRect) -> QRect:
    return area.adjusted(_MARGIN + _BOX + 10, _TOP, -_MARGIN, -_TOP)


def _row(area: QRect, number: int) -> QRect:
    return QRect(area.left(), area.top() + number * _LINE, area.width(), _LINE)


def _line(painter: QPainter, row: QRect, left: str, right: str, font: Any, colour: str) -> None:
    """A text at the left, shortened where there is no room, and one at the right."""
    painter.setFont(font)
    painter.setPen(theme.color(colour))
    metrics = painter.fontMetrics()
    painter.drawText(row, _RIGHT, right)
    room = row.width() - (metrics.horizontalAdvance(right) + 12 if right else 0)
    painter.drawText(row, _LEFT, metrics.elidedText(left, _ELIDE, room))
