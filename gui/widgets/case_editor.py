"""A small convolution to play with: an image, filters and their geometry, all editable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from ..accessible import named
from ..stylesheet import pad_spin_boxes
from .lesson import Captioned
from .number_grid import NumberGrid

_IMAGE = ((1, 2, 0, 1, 3, 0), (0, 1, 3, 1, 0, 2), (2, 0, 1, 0, 1, 1), (1, 1, 0, 2, 2, 0), (0, 3, 1, 1, 0, 1), (1,) * 6)
_SIDE, _KERNEL = 4, 3
_FIELDS = (
    ("image", "Image", "Rows and columns of the image", 2, 6, _SIDE),
    ("kernel", "Filter", "Rows and columns of the filters", 1, 4, _KERNEL),
    ("stride", "Stride", "Step between neighbouring windows", 1, 3, 1),
    ("padding", "Padding", "Rows and columns of zeros around the image", 0, 2, 0),
    ("dilation", "Dilation", "Spacing between the values that a filter reads", 1, 3, 1),
)


class CaseEditor(QWidget):
    """The fields of a case in a row. The grids `images` and `filters` stand where the lesson puts them.

    `changed()` is sent after any change. With `filters` 2 there are two filters.
    """

    changed = Signal()

    def __init__(self, filters: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: NDArray[Any] = np.array(_IMAGE, float)
        self._weights: NDArray[Any] = _counted(_KERNEL, filters)
        self.image_grid = NumberGrid("Image, editable", editable=True, parent=self)
        self.image_grid.hide()  # until a lesson places it
        self.image_grid.edited.connect(self.edit_pixel)
        self.filter_grids = [NumberGrid(f"Filter {k + 1}, editable", editable=True) for k in range(filters)]
        for k, grid in enumerate(self.filter_grids):
            grid.edited.connect(lambda row, column, value, k=k: self._edit_weight(k, row, column, value))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.fields: dict[str, QSpinBox] = {}
        for name, label, help, low, high, value in _FIELDS:
            self._add_field(row, name, label, help, (low, high, value))
        self.reset = named(QPushButton("Start again"), "Start again", "Back to the numbers of the example")
        self.reset.clicked.connect(self.restore)
        row.addWidget(self.reset)
        row.addStretch(1)
        pad_spin_boxes(self)
        self._show()

    # ---- what others read

    @property
    def image(self) -> NDArray[Any]:
        """(H, W)."""
        side = self.fields["image"].value()
        return self._pixels[:side, :side]

    @property
    def weights(self) -> NDArray[Any]:
        """(R, S, 1, K)."""
        return self._weights

    @property
    def geometry_of_windows(self) -> dict[str, int]:
        """Stride, padding and dilation, as Conv2D takes them."""
        return {name: self.fields[name].value() for name in ("stride", "padding", "dilation")}

    def captioned(self) -> list[Captioned]:
        """The grids with their captions, the image first."""
        image = Captioned("image X", self.image_grid)
        self.image_grid.show()
        return [image, *self.captioned_filters()]

    def captioned_filters(self) -> list[Captioned]:
        """The filters' grids alone, for a lesson that shows the image in its own way."""
        several = len(self.filter_grids) > 1
        return [Captioned(f"filter {k + 1}" if several else "filter F", g) for k, g in enumerate(self.filter_grids)]

    # ---- changes

    def restore(self) -> None:
        """Take up the example again."""
        for name, _, _, _, _, value in _FIELDS:
            self.fields[name].blockSignals(True)
            self.fields[name].setValue(value)
            self.fields[name].blockSignals(False)
        self._pixels = np.array(_IMAGE, float)
        self._weights = _counted(_KERNEL, len(self.filter_grids))
        self._tell()

    def _add_field(self, row: QHBoxLayout, name: str, label: str, help: str, bounds: tuple[int, int, int]) -> None:
        field = self.fields[name] = named(QSpinBox(), label, help)
        field.setRange(*bounds[:2])
        field.setValue(bounds[2])
        field.setMinimumWidth(64)
        field.valueChanged.connect(self._resize_filters if name == "kernel" else self._tell)
        text = QLabel(label)
        text.setProperty("role", "muted")
        text.setBuddy(field)
        row.addWidget(text)
        row.addWidget(field)
        row.addSpacing(8)

    def _resize_filters(self, size: int) -> None:
        self._weights = _counted(size, len(self.filter_grids))
        self._tell()

    def edit_pixel(self, row: int, column: int, value: float) -> None:
        """Change a number of the image."""
        self._pixels[row, column] = value
        self._tell()

    def _edit_weight(self, k: int, row: int, column: int, value: float) -> None:
        self._weights[row, column, 0, k] = value
        self._tell()

    def _tell(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.image_grid.show_numbers(self.image)
        for k, grid in enumerate(self.filter_grids):
            grid.show_numbers(self._weights[:, :, 0, k])


def _counted(size: int, filters: int) -> NDArray[Any]:
    """Filters whose weights differ, so that each is found again in a matrix: 1, 2, 3 …, then 1, 0, −1 …"""
    first = np.arange(1.0, size * size + 1).reshape(size, size)
    second = np.tile(np.arange(1.0, 1.0 - size, -1), (size, 1))
    return np.stack([first, second][:filters], -1)[:, :, None, :]
