"""Which layer a view shows: chosen from a list, or the one selected on the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from ..icons import set_icon

NARROW = 72
"""Pixels that a list keeps in a narrow view."""


class LayerPicker(QWidget):
    """A list of layers and a switch to follow the canvas. `picked(name)` is sent when another layer is to be shown."""

    picked = Signal(str)

    def __init__(self, document: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._list = QComboBox()
        self._offered: list[tuple[str, str]] = []
        self._rows: dict[str, int] = {}
        self._list.setAccessibleName("Layer")
        self._list.setToolTip("Layer to show")
        self._list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._list.setMinimumContentsLength(8)
        self._list.setMinimumWidth(NARROW)
        self._list.setMaximumWidth(240)
        self._list.currentIndexChanged.connect(lambda index: self.picked.emit(self.layer))
        self._follow = QToolButton()
        self._follow.setCheckable(True)
        self._follow.setChecked(True)
        self._follow.setAccessibleName("Follow the selection on the canvas")
        self._follow.setToolTip("Follow the selection: show the layer that is selected on the canvas")
        set_icon(self._follow, "crosshair")
        self._follow.toggled.connect(lambda on: self._take_selection(document.selected))
        document.selection_changed.connect(self._take_selection)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._list, 1)
        row.addWidget(self._follow)
        row.addStretch(0)

    @property
    def layer(self) -> str:
        """Name of the layer to show; "" when there is none."""
        return self._list.currentData() or ""

    def set_layers(self, layers: Sequence[tuple[str, str]], first: str = "") -> None:
        """Offer layers as (name, text).

        The one selected on the canvas is shown if it is followed; else the one in view stays, or `first` is shown.
        """
        rows = {name: row for row, (name, _) in enumerate(layers)}
        selected = self._document.drawing.result(self._document.selected)  # a folded block's is its last layer
        wanted = (selected if self._follow.isChecked() else "", self.layer, first)
        keep = next((name for name in wanted if name in rows), next(iter(rows), ""))
        if list(layers) != self._offered:
            self._offered, self._rows = list(layers), rows
            self._list.blockSignals(True)
            self._list.clear()
            for name, text in layers:
                self._list.addItem(text, name)
            self._list.blockSignals(False)
        self._list.blockSignals(True)
        self._list.setCurrentIndex(rows.get(keep, -1))
        self._list.blockSignals(False)
        self.picked.emit(self.layer)

    def pick(self, name: str) -> None:
        """Show a layer if it is on offer."""
        if name in self._rows:
            self._list.setCurrentIndex(self._rows[name])

    def _take_selection(self, name: str) -> None:
        if self._follow.isChecked() and name:
            self.pick(self._document.drawing.result(name))
