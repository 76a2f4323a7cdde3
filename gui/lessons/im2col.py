"""Convolution as a product of matrices: every window a column, every filter a row."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QGridLayout

from convscope.engine import teach
from convscope.engine.teach.labels import factor, number

from ..widgets.case_lesson import CaseLesson
from ..widgets.lesson import Captioned, in_row, worded
from ..widgets.number_grid import NumberGrid, align


class Im2colLesson(CaseLesson):
    """Filters left of their product, the windows as columns above it."""

    title = "Convolution as a product"
    text = (
        "im2col: copy every window into a column and every filter into a row. Then one product of two matrices "
        "computes all outputs of all filters. Products are what processors do fastest; the price is memory, because a "
        "pixel is copied once for each window that sees it."
    )
    source = (
        "Chellapilla, Puri & Simard 2006, High Performance Convolutional Neural Networks for Document Processing. "
        "Convscope's own kernels copy windows into the processor's cache only, a few at a time."
    )
    filters = 2
    noun = "window"

    def build(self) -> None:
        self.output_grids = [NumberGrid(f"Output of filter {k + 1}") for k in range(self.filters)]
        outputs = [Captioned(f"output {k + 1}", grid) for k, grid in enumerate(self.output_grids)]
        image, *weights = self.case_editor.captioned()
        self.body.addLayout(in_row(image, "∗", *weights, "=", *outputs))
        self.body.addWidget(self.stepper)
        self.body.addWidget(self.sum)
        self.columns = NumberGrid("Windows as columns", small=True)
        self.rows = NumberGrid("Filters as rows", small=True)
        self.product = NumberGrid("Product", small=True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.addWidget(Captioned("windows, one a column", self.columns), 0, 1)
        grid.addWidget(Captioned("filters, one a row", self.rows), 1, 0)
        grid.addWidget(Captioned("product: outputs, one filter a row", self.product), 1, 1)
        grid.setColumnStretch(2, 1)
        self.body.addLayout(grid)
        self._copies = worded("", "small")
        self.body.addWidget(self._copies)
        for picture in (self.columns, self.product):
            picture.pointed.connect(self._point)

    # ---- the picture

    def renew(self) -> tuple[teach.Case, Any, Any]:
        editor = self.case_editor
        data = self.data = teach.im2col(editor.image, editor.weights, **editor.geometry_of_windows)
        self.columns.show_numbers(data.columns, data.read == teach.OUTSIDE)
        self.rows.show_numbers(data.filters)
        self.product.show_numbers(data.product)
        align(self.columns, self.product)
        for k, grid in enumerate(self.output_grids):
            grid.show_numbers(data.output[:, :, k])
        copied, pixels = int(data.copies.sum()), data.case.image.size
        self._copies.setText(
            f"{pixels} pixels become {data.columns.size} values: each is copied up to {int(data.copies.max())} times, "
            f"{number(copied / pixels)} times on average."
        )
        self.stepper.set_count(data.case.windows)
        return data.case, data.output, None

    def show_step(self, index: int) -> None:
        """One window: its pixels, its column, and what the filters make of it."""
        data = self.data
        pixels = [data.pixel(row, index) for row in range(data.case.taps)]
        self.case_editor.image_grid.mark(strong=[pixel[:2] for pixel in pixels if pixel is not None])
        place = (int(data.places[index, 0]), int(data.places[index, 1]))
        for grid in self.output_grids:
            grid.mark(strong=[place])
        self.columns.mark(strong=[(row, index) for row in range(data.case.taps)])
        self.product.mark(strong=[(k, index) for k in range(self.filters)])
        terms = zip(data.filters[0], data.columns[:, index])
        products = " + ".join(f"{factor(weight)} · {factor(value)}" for weight, value in terms)
        self.sum.setText(f"first filter · window {index + 1} = {products} = {number(data.product[0, index])}")

    def _point(self, row: int, column: int) -> None:
        """A column of either matrix leads to its window."""
        if column >= 0:
            self.stepper.show_step(column)
