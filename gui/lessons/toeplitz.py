"""Convolution as one matrix: rows give the output, columns give the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QToolButton

from convscope.engine import teach
from convscope.engine.teach.labels import factor, number

from ..accessible import named
from ..widgets.case_lesson import CaseLesson
from ..widgets.lesson import Captioned, in_row
from ..widgets.number_grid import Cell, NumberGrid, align

_NONE: tuple[Cell, ...] = ()


class ToeplitzLesson(CaseLesson):
    """M_F between vec(X) above, vec(S) beside and vec(X̂) below it."""

    title = "Convolution as a matrix"
    text = (
        "A convolution is linear, so it is one matrix M_F. Each row holds the filter where one window lies: a row "
        "times vec(X) gives one output value, S = M_F·vec(X). Each column tells which outputs saw one pixel: the "
        "transposed matrix spreads the output back over the image, X̂ = M_Fᵀ·vec(S), which is transposed convolution."
    )
    source = (
        "Dumoulin & Visin 2016, A guide to convolution arithmetic for deep learning, §4.1 and §4.2. Double-click a "
        "number of the image or the filter to change it."
    )
    noun = "row"

    def build(self) -> None:
        self.output_grid, self.spread_grid = NumberGrid("Output S"), NumberGrid("Spread back, X̂")
        self._outputs, self._spread = Captioned("output S", self.output_grid), Captioned("back, X̂", self.spread_grid)
        image, weights = self.case_editor.captioned()
        self.body.addLayout(in_row(image, "∗", weights, "=", self._outputs, "→", self._spread))
        self.body.addLayout(self._build_steps())
        self.body.addWidget(self.sum)
        self.matrix = NumberGrid("Matrix of the convolution", small=True)
        self.vec_x, self.vec_s = NumberGrid("vec(X)", small=True), NumberGrid("vec(S)", small=True)
        self.vec_back = NumberGrid("vec(X̂)", small=True)
        self.body.addLayout(self._build_product())
        self.matrix.pointed.connect(self._point)

    def _build_steps(self) -> QHBoxLayout:
        self.forward = self._direction("Rows: S = M_F·vec(X)", "Go through the rows: one output value each")
        self.backward = self._direction("Columns: X̂ = M_Fᵀ·vec(S)", "Go through the columns: one pixel each")
        self._directions = QButtonGroup(self)
        self._directions.addButton(self.forward)
        self._directions.addButton(self.backward)
        self.forward.setChecked(True)
        self._directions.buttonToggled.connect(lambda button, on: self._turn() if on else None)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.forward)
        row.addWidget(self.backward)
        row.addSpacing(16)
        row.addWidget(self.stepper, 1)
        return row

    @staticmethod
    def _direction(text: str, help: str) -> QToolButton:
        button = named(QToolButton(), text, help)
        button.setText(text)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _build_product(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        rows = (
            (0, "vec(X)", self.vec_x, None),
            (1, "M_F", self.matrix, self.vec_s),
            (2, "vec(X̂)", self.vec_back, None),
        )
        for row, text, wide, column in rows:
            label = QLabel(text)
            label.setProperty("role", "small")
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(wide, row, 1)
            if column is not None:
                grid.addWidget(column, row, 2)
        head = QLabel("vec(S)")
        head.setProperty("role", "small")
        grid.addWidget(head, 0, 2, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter)
        grid.setColumnStretch(3, 1)
        return grid

    # ---- the picture

    def renew(self) -> tuple[teach.Case, Any, Any]:
        editor = self.case_editor
        self.data = teach.toeplitz(editor.image, editor.weights, **editor.geometry_of_windows)
        data, spread = self.data, self.data.transposed()
        self.matrix.show_numbers(data.matrix, data.taps == teach.OUTSIDE)
        self.vec_x.show_numbers(data.x)
        self.vec_s.show_numbers(data.s[:, None])
        self.vec_back.show_numbers(data.matrix.T @ data.s)
        align(self.matrix, self.vec_x, self.vec_back)
        self.output_grid.show_numbers(data.output[:, :, 0])
        self.spread_grid.show_numbers(spread[:, :, 0])
        self._turn()
        return data.case, data.output, spread

    def _turn(self) -> None:
        rows, columns = self.data.matrix.shape
        if self.forward.isChecked():
            self.stepper.set_count(rows, "row")
        else:
            self.stepper.set_count(columns, "column")
        self.show_step(self.stepper.index)

    def show_step(self, index: int) -> None:
        if self.forward.isChecked():
            self._show_row(index)
        else:
            self._show_column(index)

    def _show_row(self, row: int) -> None:
        """One output value: its window of the image, its row of the matrix."""
        data = self.data
        seen = np.flatnonzero(data.taps[row] != teach.OUTSIDE).tolist()
        place = data.outputs[row].tolist()
        pixels = [_cell(data.pixels[j]) for j in seen]
        self._mark(output=[_cell(place)], image=pixels, spread=_NONE)
        self._mark_vectors(x=[(0, j) for j in seen], s=[(row, 0)], back=_NONE)
        self.matrix.mark(strong=[(row, j) for j in seen])
        geometry = self.case_editor.geometry_of_windows
        total = teach.weighted_sum(data.case.image, data.case.weights, *place, **geometry)
        self.sum.setText(f"{data.row_labels()[row]} = {total}")

    def _show_column(self, column: int) -> None:
        """One pixel on the way back: the outputs that saw it, its column of the matrix."""
        data = self.data
        seen = np.flatnonzero(data.taps[:, column] != teach.OUTSIDE).tolist()
        place = _cell(data.pixels[column])
        self._mark(output=[_cell(data.outputs[i]) for i in seen], image=_NONE, spread=[place])
        self._mark_vectors(x=_NONE, s=[(i, 0) for i in seen], back=[(0, column)])
        self.matrix.mark(strong=[(i, column) for i in seen])
        terms = " + ".join(f"{factor(data.matrix[i, column])} · {factor(data.s[i])}" for i in seen)
        name = data.column_labels()[column].replace("x", "x̂")
        self.sum.setText(f"{name} = {terms or '0'} = {number(float(data.matrix[:, column] @ data.s))}")

    def _point(self, row: int, column: int) -> None:
        """An entry of the matrix: the output, the pixel and the weight that meet in it, and that weight everywhere."""
        if row < 0:
            self.show_step(self.stepper.index)
            return
        data, entry = self.data, self.data.entry(row, column)
        name, pixel = data.row_labels()[row], data.column_labels()[column]
        self._mark(output=[entry.output[:2]], image=[entry.pixel[:2]], spread=[entry.pixel[:2]])
        self._mark_vectors(x=[(0, column)], s=[(row, 0)], back=[(0, column)])
        if entry.tap is None:
            self.matrix.mark(strong=[(row, column)])
            self.sum.setText(f"0: the window of {name} does not hold {pixel}.")
            return
        self.matrix.mark(strong=[(row, column)], soft=map(tuple, data.places(entry.tap).tolist()))
        self.case_editor.filter_grids[0].mark(strong=[entry.tap[:2]])
        self.sum.setText(f"{entry.label}: {name} reads {pixel} through it; the same weight stands wherever it is used.")

    def _mark(self, output: Any, image: Any, spread: Any) -> None:
        self.output_grid.mark(strong=output)
        self.case_editor.image_grid.mark(strong=image)
        self.spread_grid.mark(strong=spread)
        self.case_editor.filter_grids[0].mark()

    def _mark_vectors(self, x: Any, s: Any, back: Any) -> None:
        self.vec_x.mark(strong=x)
        self.vec_s.mark(strong=s)
        self.vec_back.mark(strong=back)


def _cell(place: Any) -> Cell:
    """Row and column of (row, column, channel)."""
    return int(place[0]), int(place[1])
