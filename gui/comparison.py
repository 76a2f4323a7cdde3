"""The network beside another one: totals with their ratios, and layer by layer what differs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from convscope.engine import zoo
from convscope.engine.cost import Comparison, Row
from convscope.engine.cost.units import format_bytes, format_count
from convscope.engine.graph import Network
from convscope.engine.spec import ConvscopeError, Declared

from .accessible import named
from .canvas.cards import detail
from .models.differences import Pair, pairs
from .theme import theme

_FIGURES = ("", "this", "other", "ratio")
_LAYERS = ("Layer", "Parameters", "Multiply-adds", "", "Layer", "Parameters", "Multiply-adds")
_NUMBERS = (1, 2, 5, 6)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class NetworkComparison(QDialog):
    """Compares a network with an architecture of the zoo or a file."""

    def __init__(self, network: Network, parent: QWidget) -> None:
        super().__init__(parent)
        self._network = network.copy()
        self.setWindowTitle("Compare networks")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1040, 640)
        self.other = named(QComboBox(), "Compare with")
        self.other.addItems(list(zoo.ARCHITECTURES))
        self.other.activated.connect(lambda row: self.compare(zoo.build(self.other.itemText(row))))
        file = QPushButton("&File…")
        file.setAutoDefault(False)
        file.clicked.connect(self._choose_file)
        self._fault = QLabel()
        self._fault.setProperty("role", "error")
        self._fault.setWordWrap(True)
        self._fault.hide()
        self.totals, self.layers = _table("Totals", _FIGURES, (1, 2, 3)), _table("Layers", _LAYERS, _NUMBERS)
        top = QHBoxLayout()
        top.addWidget(QLabel(f"{network.name} compared with"))
        top.addWidget(self.other)
        top.addWidget(file)
        top.addStretch()
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.totals)
        parts.addWidget(self.layers)
        parts.setSizes([240, 400])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addLayout(top)
        layout.addWidget(self._fault)
        layout.addWidget(parts, 1)
        near = network.name if network.name in zoo.ARCHITECTURES else self.other.itemText(0)
        self.other.setCurrentText(near)
        self.compare(zoo.build(near))

    def compare(self, other: Network) -> None:
        """Show another network beside this one."""
        self._fault.hide()
        found = Comparison(self._network.summary(), other.summary())
        lines = [*found.totals, *found.types]
        self.totals.setHorizontalHeaderLabels(("", self._network.name, other.name, "ratio"))
        self.totals.setRowCount(len(lines))
        for row, line in enumerate(lines):
            values = [_shown(line.key, value) for value in (line.first, line.second)]
            ratio = "" if line.ratio is None else f"{line.ratio:.3g}"
            for column, text in enumerate((line.title, *values, ratio)):
                self.totals.setItem(row, column, _item(text, right=column > 0))
        self._show_layers(pairs(self._network, other), other)

    def _show_layers(self, found: list[Pair], other: Network) -> None:
        self.layers.setRowCount(len(found))
        for row, pair in enumerate(found):
            sign, colour = _mark(pair)
            cells = (*_cells(self._network, pair.first), sign, *_cells(other, pair.second))
            for column, text in enumerate(cells):
                item = _item(text, right=column in _NUMBERS)
                item.setForeground(theme.color(colour))
                self.layers.setItem(row, column, item)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Compare with", "", "Networks (*.json)")
        if path:
            self.open_file(Path(path))

    def open_file(self, path: Path) -> None:
        """Compare with a network file; if it cannot be read, say why here."""
        from convscope.engine.io import load_network  # noqa: PLC0415

        try:
            self.compare(load_network(path))
        except ConvscopeError as error:
            self._fault.setText(str(error))
            self._fault.show()


def _table(name: str, titles: tuple[str, ...], numbers: tuple[int, ...]) -> QTableWidget:
    table = named(QTableWidget(0, len(titles)), name)
    for column, title in enumerate(titles):
        head = QTableWidgetItem(title)
        head.setTextAlignment(_RIGHT if column in numbers else _LEFT)
        table.setHorizontalHeaderItem(column, head)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return table


def _item(text: str, right: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    if right:
        item.setTextAlignment(_RIGHT)
    return item


def _cells(network: Network, row: Row | None) -> tuple[str, ...]:
    if row is None:
        return "", "", ""
    layer: Declared = network[row.name]
    text = "  ".join(part for part in (row.name, row.type, detail(layer)) if part)
    return text, *("?" if value is None else f"{value:,}" for value in (row.params, row.macs))


def _mark(pair: Pair) -> tuple[str, str]:
    """Sign and colour: what only this network has, only the other, or both in different ways."""
    if pair.same:
        return "=", "text"
    return ("−", "error") if pair.second is None else ("+", "success") if pair.first is None else ("≠", "warning")


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return "?"
    if key.endswith("_bytes"):
        return format_bytes(value)
    return format_count(value) if abs(value) >= 1e6 else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
