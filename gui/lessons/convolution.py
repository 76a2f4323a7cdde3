"""Convolution position by position: the window, times the filter, summed, is one value of the output."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from convscope.engine import teach
from convscope.engine.teach.labels import number

from ..widgets.case_lesson import CaseLesson
from ..widgets.lesson import Captioned, worded, worded_sign
from ..widgets.number_grid import NumberGrid


class ConvolutionLesson(CaseLesson):
    """The image in its padding, the filter, the products under the window, and the output, one position at a time."""

    title = "Convolution, step by step"
    text = (
        "The filter is laid on the image, every value under it is multiplied with the filter's, and the products are "
        "added up: one value of the output. Then the window moves on by the stride. Padding puts zeros around the "
        "image, dilation spreads the values that the filter reads."
    )
    source = (
        "S(i, j) = Σ X(i·stride + r·dilation − padding, j·stride + s·dilation − padding) · F(r, s). Dumoulin & Visin "
        "2016, A Guide to Convolution Arithmetic for Deep Learning."
    )
    noun = "position"

    def build(self) -> None:
        editor = self.case_editor
        self.padded = NumberGrid("Image in its padding, editable", editable=True)
        self.padded.edited.connect(self._edit)
        self.products = NumberGrid("Products under the window")
        self.output_grid = NumberGrid("Output S")
        self.output_grid.pointed.connect(self._point)
        self.formula = worded("", "heading")
        self.formula.setAccessibleName("Size of the output")
        (filter_,) = editor.captioned_filters()
        parts = (
            Captioned("image X, in its zeros", self.padded),
            worded_sign("∗"),
            filter_,
            worded_sign("="),
            Captioned("output S", self.output_grid),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        top = Qt.AlignmentFlag.AlignTop
        for column, part in enumerate(parts):
            sign = column % 2 == 1
            grid.addWidget(part, 0, column, Qt.AlignmentFlag.AlignVCenter if sign else top)
        grid.addWidget(Captioned("window times filter, to be added up", self.products), 1, 2, 1, 3, top)
        grid.setColumnStretch(len(parts), 1)
        self.body.addWidget(self.stepper)
        self.body.addWidget(self.sum)
        self.body.addLayout(grid)
        self.body.addWidget(self.formula)

    # ---- the picture

    def renew(self) -> tuple[teach.Case, Any, Any]:
        editor = self.case_editor
        self.data = teach.im2col(editor.image, editor.weights, **editor.geometry_of_windows)
        case = self.data.case
        top, bottom, left, right = case.layer.geometry.pads(*case.image.shape[:2])
        self._before, around = (top, left), ((top, bottom), (left, right))
        outside = np.pad(np.zeros(editor.image.shape, bool), around, constant_values=True)
        self.padded.show_numbers(np.pad(editor.image, around), outside)
        self.output_grid.show_numbers(self.data.output[:, :, 0])
        self.formula.setText(_size_told(case))
        self.stepper.set_count(case.windows)
        return case, self.data.output, None

    def show_step(self, index: int) -> None:
        """One position: what the filter reads there, its products, and their sum."""
        data = self.data
        row, column = data.places[index].tolist()
        editor, (stride, dilation) = self.case_editor, self._paces()
        kernel = data.case.layer.kernel
        window = [
            (row * stride + r * dilation, column * stride + s * dilation)
            for r in range(kernel[0])
            for s in range(kernel[1])
        ]
        past = [tuple(place) for place in data.places[:index].tolist()]
        self.padded.mark(strong=window)
        self.output_grid.mark(strong=[(row, column)], soft=past)
        self.products.show_numbers((data.columns[:, index] * data.filters[0]).reshape(kernel))
        total = teach.weighted_sum(editor.image, editor.weights, row, column, **editor.geometry_of_windows)
        self.sum.setText(f"row {row + 1}, column {column + 1}: {total}")

    def _paces(self) -> tuple[int, int]:
        geometry = self.case_editor.geometry_of_windows
        return geometry["stride"], geometry["dilation"]

    def _edit(self, row: int, column: int, value: float) -> None:
        """A number of the image; its zeros stay what they are."""
        inside = row - self._before[0], column - self._before[1]
        if all(0 <= at < length for at, length in zip(inside, self.case_editor.image.shape)):
            self.case_editor.edit_pixel(*inside, value)

    def _point(self, row: int, column: int) -> None:
        """A value of the output leads to its window."""
        if row >= 0:
            self.stepper.show_step(row * self.data.case.output[1] + column)


def _size_told(case: teach.Case) -> str:
    """`(5 + 2·1 − 2·(3 − 1) − 1)/2 + 1 = 1`: how large the output is, for a square case."""
    side, output = case.image.shape[0], case.output[0]
    layer = case.layer
    padding = layer.geometry.pads(*case.image.shape[:2])[0]
    reach = f"{layer.dilation[0]}·({layer.kernel[0]} − 1)" if layer.dilation[0] > 1 else f"({layer.kernel[0]} − 1)"
    inner = f"{side} + 2·{padding} − {reach} − 1" if padding else f"{side} − {reach} − 1"
    return f"Size of the output: ⌊({inner})/{layer.stride[0]}⌋ + 1 = {number(output)}"
