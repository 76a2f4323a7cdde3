"""The filter playground: named filters, and numbers of one's own, on any image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from convscope.engine import teach
from convscope.engine.teach.playground import EXAMPLE

from ..accessible import named
from ..panels.form import ParameterForm
from ..widgets.array_picture import ArrayPicture
from ..widgets.colour_bar import ColourBar
from ..widgets.colours import Scale, colour_pictures, levels, table
from ..widgets.lesson import Captioned, Lesson, worded
from ..widgets.number_grid import NumberGrid, align
from ..widgets.picture_source import PictureSource

_SIDE = 300
_FORM_WIDTH = 250
_OWN = {"own 3": 3, "own 5": 5}
_LARGEST_GRID = 7
_BORDER_TEXTS = {"shrink": "Shrink", "zeros": "Zeros around it"}


class FiltersLesson(Lesson):
    """An image, a filter whose numbers can be changed, and the result."""

    title = "Filter playground"
    text = (
        "A filter slides over the image; each result is the sum of the pixels under it, times the filter's numbers. "
        "Means blur, differences find edges, and a network learns such numbers by itself. Change any number and look."
    )
    source = "Computed by the same convolution kernels that networks run on, each channel by itself."

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._filter: Any = teach.FILTERS["Gaussian"]()
        self._own: NDArray[Any] = np.zeros((3, 3))
        self._form: ParameterForm | None = None
        self.images = PictureSource(session, EXAMPLE)
        self.images.picked.connect(self._ask)
        self.images.failed.connect(self.explain)
        head = QHBoxLayout()
        head.setSpacing(24)
        head.addWidget(self.images)
        self.border = self._combo(head, "Border", "What happens at the border of the image")
        for border in teach.BORDERS:
            self.border.addItem(_BORDER_TEXTS[border], border)
        self.border.currentIndexChanged.connect(self._ask)
        head.addStretch(1)
        self.body.addLayout(head)
        parts = QHBoxLayout()
        parts.setSpacing(24)
        parts.addLayout(self._build_pictures())
        parts.addLayout(self._build_filter())
        parts.addStretch(1)
        self.body.addLayout(parts)
        self._take_choice()

    # ---- building

    @staticmethod
    def _combo(row: QHBoxLayout, text: str, help: str) -> QComboBox:
        label = QLabel(text)
        label.setProperty("role", "muted")
        combo = named(QComboBox(), text, help)
        label.setBuddy(combo)
        field = QHBoxLayout()
        field.setSpacing(8)
        field.addWidget(label)
        field.addWidget(combo)
        row.addLayout(field)
        return combo

    def _build_filter(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(12)
        row = QHBoxLayout()
        self.choice = self._combo(row, "Filter", "A filter, or numbers of your own")
        for name, kind in teach.FILTERS.items():
            self.choice.addItem(kind.title, name)
        for name, size in _OWN.items():
            self.choice.addItem(f"Own {size}×{size}", name)
        self.choice.setCurrentIndex(self.choice.findData("Gaussian"))
        self.choice.currentIndexChanged.connect(self._take_choice)
        row.addStretch(1)
        column.addLayout(row)
        self._help = worded("", "muted")
        self._help.setFixedWidth(_FORM_WIDTH)
        column.addWidget(self._help)
        self._form_place = QVBoxLayout()
        column.addLayout(self._form_place)
        self.weights = NumberGrid("Numbers of the filter, editable", editable=True)
        self.weights.edited.connect(self._edit_weight)
        self._weights_head = Captioned("its numbers; double-click one to change it", self.weights)
        column.addWidget(self._weights_head)
        column.addStretch(1)
        return column

    def _build_pictures(self) -> QGridLayout:
        self.input, self.output = ArrayPicture("Image", _SIDE), ArrayPicture("Result", _SIDE)
        self.row, self.result = NumberGrid("Row, editable", editable=True), NumberGrid("Result of the row")
        self.row.edited.connect(self._edit_row)
        self.bar = ColourBar()
        self.size_note = worded("", "small")
        self._pictures = [Captioned("image", self.input), Captioned("result", self.output), self.bar]
        self._rows = [Captioned("row", self.row), Captioned("result", self.result)]
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for column, part in enumerate(self._pictures[:2]):
            grid.addWidget(part, 0, column, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.bar, 1, 1)
        for row, part in enumerate(self._rows):
            grid.addWidget(part, 2 + row, 0, 1, 2)
        grid.addWidget(self.size_note, 4, 0, 1, 2)
        grid.setRowStretch(5, 1)
        self._show_kind(is_row=False)
        return grid

    # ---- what the user does

    def _take_choice(self) -> None:
        """Offer the parameters of the chosen filter, and apply it."""
        name = self.choice.currentData()
        if name in _OWN:
            self._own = _centred(self._weights_now(), _OWN[name])
        else:
            self._filter = teach.FILTERS[name]()
        self._show_form(None if name in _OWN else self._filter)
        self._help.setText("Any numbers you like." if name in _OWN else teach.FILTERS[name].help)
        self._ask()

    def _show_form(self, declared: Any) -> None:
        if self._form is not None:
            self._form_place.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        if declared is not None and declared.params():
            self._form = ParameterForm(declared.params(), self._set_parameter)
            self._form.setFixedWidth(_FORM_WIDTH)
            self._form.show_values(declared.values())
            self._form_place.addWidget(self._form)

    def _set_parameter(self, name: str, value: Any, _field: str) -> None:
        self._filter = self._filter.replace(**{name: value})
        self._ask()

    def _edit_weight(self, row: int, column: int, value: float) -> None:
        """The numbers are one's own from now on."""
        weights = self._weights_now().copy()
        weights[row, column] = value
        self._own = weights
        fitting = next((name for name, size in _OWN.items() if size >= max(weights.shape)), "")
        if self.choice.currentData() not in _OWN and fitting:
            self._own = _centred(weights, _OWN[fitting])
            self.choice.blockSignals(True)
            self.choice.setCurrentIndex(self.choice.findData(fitting))
            self.choice.blockSignals(False)
            self._show_form(None)
            self._help.setText("Any numbers you like.")
        self._ask()

    def _edit_row(self, row: int, column: int, value: float) -> None:
        self.images.row[column] = value
        self._ask()

    def _weights_now(self) -> NDArray[Any]:
        return self.weights.values

    # ---- computing

    def _ask(self) -> None:
        """Have the filter applied by the kernels."""
        chosen = self._own if self.choice.currentData() in _OWN else self._filter
        weights = chosen if isinstance(chosen, np.ndarray) else chosen.weights()
        self._weights_head.setVisible(max(weights.shape) <= _LARGEST_GRID)
        if max(weights.shape) <= _LARGEST_GRID:
            self.weights.show_numbers(weights)
        pixels = self.images.pixels
        if pixels is None:
            self.explain("Choose a data set in the Train room, open a picture, or take the row of numbers.")
            return
        given, border = pixels.copy(), self.border.currentData()
        self.session.compute("lesson filters", lambda: teach.apply(chosen, given, border), self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.explain(str(result))
            return
        self.explain("")
        self.filtered: teach.Filtered = result
        is_row = result.image.ndim == 1
        self._show_kind(is_row)
        self._show_rows(result) if is_row else self._show_pictures(result)

    def _show_kind(self, is_row: bool) -> None:
        for part in self._pictures:
            part.setVisible(not is_row)
        for part in self._rows:
            part.setVisible(is_row)

    def _show_rows(self, result: teach.Filtered) -> None:
        self.row.show_numbers(result.image)
        self.result.show_numbers(result.output)
        align(self.row, self.result)
        before = result.weights.shape[1] // 2 if result.border == "shrink" else 0
        self._rows[1].setContentsMargins(before * self.row.columnWidth(0), 0, 0, 0)  # below the middle of its window
        aside = len(result.image) - len(result.output)
        lost = f"; {aside} values fewer, because a window must lie in the row" if aside else ""
        self.size_note.setText(f"{len(result.image)} values become {len(result.output)}{lost}")

    def _show_pictures(self, result: teach.Filtered) -> None:
        height, width = result.image.shape[:2]
        self.input.show_pixels(_as_colours(result.image))
        pixels, scale = _pictured(result)
        self.output.show_pixels(pixels, (height, width), result.offset)
        self.bar.show_scale(scale)
        rows, columns = result.output.shape[:2]
        self.size_note.setText(f"{height}×{width} pixels become {rows}×{columns}")


def _pictured(result: teach.Filtered) -> tuple[NDArray[np.uint8], Scale]:
    """The result as RGB pixels: as an image where the filter keeps even areas, else around zero."""
    output = result.output
    if abs(float(result.weights.sum()) - 1) < 1e-3:
        return _as_colours(np.clip(output, 0, 255)), Scale("CET-L1", 0.0, 255.0)
    if output.shape[2] == 3:
        pixels, high = colour_pictures(output[None], each=False)
        return pixels[0], Scale("CET-L1", -high, high)
    indices, scale = levels(output[..., 0][None], signed=True, each=False)
    return table(scale.map)[indices[0]], scale


def _as_colours(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey or colour pixels 0 … 255 (H, W, C) as RGB."""
    data = np.rint(pixels).astype(np.uint8)
    return data if data.shape[2] == 3 else np.repeat(data[..., :1], 3, axis=2)


def _centred(weights: NDArray[Any], size: int) -> NDArray[Any]:
    """Numbers in the middle of a square of this size: zeros around them, or without what does not fit."""
    square = np.zeros((size, size))
    rows, columns = (min(size, n) for n in weights.shape)
    top, left = (size - rows) // 2, (size - columns) // 2
    skip, aside = (weights.shape[0] - rows) // 2, (weights.shape[1] - columns) // 2
    square[top : top + rows, left : left + columns] = weights[skip : skip + rows, aside : aside + columns]
    return square
