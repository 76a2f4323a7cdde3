"""Runs side by side: their figures and the settings in which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from convscope.engine.cost import Row
from convscope.engine.graph import Network

from ..canvas.cards import detail
from ..theme import body_font, follow, theme
from ..widgets import figures
from ..widgets.empty import WithEmptyState
from ..widgets.run_list import colour_of, extent
from ..work.kept import title_of
from ..work.shelf import SideBySide

if TYPE_CHECKING:
    from convscope.engine.runs import RunSummary

_EMPTY = "Tick two or more runs in the list to see in what they differ."
_ROW = 28
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ComparisonView(QWidget):
    """A column for each run that is chosen; settings all of them share are left out."""

    title = "Comparison"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: SideBySide | None = None
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Runs side by side")
        self.table = QTableWidget()
        self.table.setAccessibleName("In what the runs differ")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        self.table.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setMinimumSectionSize(96)
        self._stack = WithEmptyState(self.table, _EMPTY)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        session.runs.compared.connect(self._show)
        follow(self, self._colour)

    def _show(self, found: SideBySide) -> None:
        self._found = found
        runs = found.comparison.runs
        if len(runs) < 2:
            self._stack.show_sentence(_EMPTY)
            return
        rows = {**_figures(runs), **{_words(name): [_shown(v) for v in each]
                                     for name, each in found.comparison.differing.items()}}  # fmt: skip
        rows |= _layers(found)
        self.table.setRowCount(len(rows))
        self.table.setColumnCount(len(runs))
        self.table.setVerticalHeaderLabels(list(rows))
        for column, run in enumerate(runs):
            head = QTableWidgetItem(title_of(run))
            head.setFont(body_font(bold=True))
            self.table.setHorizontalHeaderItem(column, head)
        for row, values in enumerate(rows.values()):
            for column, text in enumerate(values):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_RIGHT)
                self.table.setItem(row, column, item)
        self._colour()
        self._stack.show_content()

    def _colour(self) -> None:
        """Give each column the colour that its run has in the curves."""
        for column in range(self.table.columnCount()):
            head = self.table.horizontalHeaderItem(column)
            if head is not None:
                swatch = QPixmap(10, 10)
                swatch.fill(QColor(theme.colours.series[colour_of(column)]))
                head.setIcon(QIcon(swatch))


def _figures(runs: tuple[RunSummary, ...]) -> dict[str, list[str]]:
    return {
        "Best accuracy": [figures.percent(run.best_accuracy) for run in runs],
        "Best epoch": [f"{run.best_epoch:,}" if run.best_epoch else "–" for run in runs],
        "Last test loss": [figures.loss(run.figures["test_loss"]) for run in runs],
        "Done": [extent(run) for run in runs],
        "Time": [figures.duration(run.seconds) for run in runs],
        "Images a second": [figures.rate(run.figures["images_per_second"]) for run in runs],
    }


def _layers(found: SideBySide) -> dict[str, list[str]]:
    """The layers that differ, each under the name that it has in the first network that has it."""
    rows: dict[str, list[str]] = {}
    for pair in found.layers:
        name = next(row.name for row in (pair.first, pair.second) if row is not None)
        texts = [_layer(*each) for each in zip(found.networks, (pair.first, pair.second), strict=True)]
        rows[f"Layer {name}" if f"Layer {name}" not in rows else f"Layer {name} of the other"] = texts
    return rows


def _layer(network: Network, row: Row | None) -> str:
    if row is None:
        return "–"
    layer = network[row.name]
    return f"{layer.type_name()} {detail(layer)}".rstrip()


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
