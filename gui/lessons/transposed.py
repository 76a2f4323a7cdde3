"""Transposed convolution step by step: every input value lays the filter down in a larger output."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from convscope.engine import teach
from convscope.engine.spec import ConvscopeError
from convscope.engine.teach.labels import factor
from convscope.engine.teach.transposed import FILTER, IMAGE, Transposed

from ..accessible import named
from ..stylesheet import pad_spin_boxes
from ..widgets.lesson import Captioned, Lesson, in_row, worded
from ..widgets.number_grid import NumberGrid
from ..widgets.stepper import Stepper

_SIZES = {"kernel": (1, 4, 3), "stride": (1, 4, 2), "padding": (0, 2, 0)}
_TEXTS = {
    "kernel": ("Filter", "Rows and columns of the filter"),
    "stride": ("Stride", "Step between the places where filters are laid down: how much it enlarges"),
    "padding": ("Padding", "Rows and columns cut off around the result"),
}
_ROUNDING = 1e-6


class TransposedLesson(Lesson):
    """An image, a filter, and the output as it grows; the kernels' own transposed convolution is held against it."""

    title = "Transposed convolution"
    text = (
        "The way back of a convolution, as a layer of its own: each input value is multiplied with the whole filter "
        "and laid down in the output, a stride further on each time. Where filters overlap, values add up. If the "
        "stride does not divide the filter, some places get more than others: the checkerboard pattern."
    )
    source = (
        "Output size (N − 1)·stride − 2·padding + F. Dumoulin & Visin 2016, §4; Odena, Dumoulin & Olah 2016, "
        "Deconvolution and Checkerboard Artifacts, Distill."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._values: NDArray[Any] = np.array(IMAGE, float)
        self._weights: NDArray[Any] = np.array(FILTER, float)
        self.image = NumberGrid("Image, editable", editable=True)
        self.filter = NumberGrid("Filter, editable", editable=True)
        self.output = NumberGrid("Output")
        self.image.edited.connect(self._edit_value)
        self.filter.edited.connect(self._edit_weight)
        self.output.pointed.connect(self._point)
        self.stepper = Stepper("value")
        self.stepper.stepped.connect(self.show_step)
        self.sum = worded("")
        self.sum.setAccessibleName("This step")
        self.kernel_note = worded("", "small")
        self.kernel_note.setAccessibleName("Compared with the kernels")
        self.body.addLayout(self._build_fields())
        grids = (Captioned("image", self.image), "∗ᵀ", Captioned("filter", self.filter), "=")
        self.body.addWidget(self.stepper)
        self.body.addWidget(self.sum)
        self.body.addLayout(in_row(*grids, Captioned("output so far", self.output)))
        self.body.addWidget(self.kernel_note)
        self._renew()

    def _build_fields(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.fields: dict[str, QSpinBox] = {}
        for name, (low, high, value) in _SIZES.items():
            text, help = _TEXTS[name]
            field = self.fields[name] = named(QSpinBox(), text, help)
            field.setRange(low, high)
            field.setValue(value)
            field.setMinimumWidth(64)
            field.valueChanged.connect(self._resize if name == "kernel" else self._renew)
            pad_spin_boxes(field)
            label = QLabel(text)
            label.setProperty("role", "muted")
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
            row.addSpacing(8)
        self.ones = named(QPushButton("All ones"), "All ones", "Shows how often each place is hit")
        self.ones.clicked.connect(self._set_ones)
        self.reset = named(QPushButton("Start again"), "Start again", "Back to the numbers of the example")
        self.reset.clicked.connect(self.restore)
        row.addWidget(self.ones)
        row.addWidget(self.reset)
        row.addStretch(1)
        return row

    # ---- what the user does

    def restore(self) -> None:
        """Take up the example again."""
        self._values, self._weights = np.array(IMAGE, float), np.array(FILTER, float)
        for name, (_, _, value) in _SIZES.items():
            self.fields[name].blockSignals(True)
            self.fields[name].setValue(value)
            self.fields[name].blockSignals(False)
        self._renew()

    def _set_ones(self) -> None:
        self._values, self._weights = np.ones((3, 3)), np.ones(self._weights.shape)
        self._renew()

    def _resize(self, size: int) -> None:
        """Keep the numbers that there is room for."""
        grown = np.ones((size, size))
        kept = min(size, len(self._weights))
        grown[:kept, :kept] = self._weights[:kept, :kept]
        self._weights = grown
        self._renew()

    def _edit_value(self, row: int, column: int, value: float) -> None:
        self._values[row, column] = value
        self._renew()

    def _edit_weight(self, row: int, column: int, value: float) -> None:
        self._weights[row, column] = value
        self._renew()

    # ---- the picture

    def _renew(self) -> None:
        self.image.show_numbers(self._values)
        self.filter.show_numbers(self._weights)
        stride, padding = self.fields["stride"].value(), self.fields["padding"].value()
        try:
            self.data = teach.transposed(self._values, self._weights, stride, padding=padding)
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        self.stepper.set_count(self._values.size)
        self.show_step(self.stepper.index)
        asked = self.data
        self.session.compute(f"lesson {self.title}", lambda: (asked, teach.transposed_by_kernels(asked)), self._take)

    def show_step(self, index: int) -> None:
        """One input value: where its filter goes, and the output after it."""
        data = self.data
        written = data.read[:, index]
        places = [divmod(int(p), data.output.shape[1]) for p in written if p != teach.OUTSIDE]
        self.output.show_numbers(data.until(index), data.until(index) == 0)
        before = np.argwhere(data.until(index - 1) != 0) if index else ()
        self.output.mark(strong=places, soft=[(int(row), int(column)) for row, column in before])
        self.image.mark(strong=[divmod(index, data.image.shape[1])])
        self.filter.mark(soft=np.ndindex(*data.weights.shape))
        value = factor(data.image.ravel()[index])
        cut = (
            f" {data.weights.size - len(places)} of its values are cut off." if len(places) < data.weights.size else ""
        )
        self.sum.setText(f"{value} times the filter is laid down here.{cut}")

    def _point(self, row: int, column: int) -> None:
        """A value of the output: the terms it is made of."""
        if row < 0:
            self.show_step(self.stepper.index)
            return
        data = self.data
        self.output.show_numbers(data.output)
        self.output.mark(strong=[(row, column)])
        self.image.mark(strong=[divmod(i, data.image.shape[1]) for i in data.sources(row, column)])
        self.filter.mark()
        self.sum.setText(f"row {row + 1}, column {column + 1} in the end: {data.label(row, column)}")

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.kernel_note.setText(f"The kernels could not be asked ({result}).")
            return
        asked, output = result
        if asked is self.data:
            self.kernel_note.setText(_compared(asked, output))


def _compared(asked: Transposed, output: NDArray[Any]) -> str:
    distance = float(np.abs(output - asked.output).max()) / max(1.0, float(np.abs(asked.output).max()))
    if distance <= _ROUNDING:
        return "The kernels of the transposed convolution layer give the same output."
    return f"The kernels differ by {np.format_float_scientific(distance, 1)} of the largest number: more than rounding."
