"""Batch normalisation: the values of one channel over a batch, brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from convscope.engine import teach
from convscope.engine.spec import ConvscopeError
from convscope.engine.teach.normalisation import EXAMPLE

from ..accessible import named
from ..widgets.lesson import Lesson, worded
from ..widgets.number_grid import NumberGrid, align

_MOST, _FEWEST = 8, 2
_ROUNDING = 1e-5  # 32 bits, and a quotient of small differences
_ROWS = (
    ("values", "values x of a batch, editable", "One number for each image of the batch."),
    ("distances", "x − mean", "How far each is from their mean."),
    ("normalised", "(x − mean)/√(variance + ε)", "Mean 0 and variance 1, whatever came in."),
    ("output", "γ · that + β", "The layer may learn any other mean β and spread γ."),
)


class NormalisationLesson(Lesson):
    """Values, their distances from the mean, the quotients, and what the learned numbers make of them."""

    title = "Batch normalisation"
    text = (
        "While a network learns, the values that a layer gets keep changing their size. Batch normalisation brings "
        "each channel to mean 0 and variance 1 over the batch, then lets the network scale and shift it by two learned "
        "numbers. For single images later on it keeps running averages of mean and variance."
    )
    source = "Ioffe & Szegedy 2015, Batch Normalization, Algorithms 1 and 2."

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._values = np.array(EXAMPLE, float)
        self._learned = np.array([1.0, 0.0])
        self.grids = {name: NumberGrid(text, editable=name == "values") for name, text, _ in _ROWS}
        self.grids["values"].edited.connect(self._edit)
        self.learned = NumberGrid("Scale γ and shift β, editable", editable=True)
        self.learned.edited.connect(self._edit_learned)
        self.steps = worded("")
        self.steps.setAccessibleName("The steps")
        self.kernel_note = worded("", "small")
        self.kernel_note.setAccessibleName("Compared with the kernels")
        self.body.addLayout(self._buttons())
        self.body.addLayout(self._table())
        self.body.addWidget(self.steps)
        self.body.addWidget(self.kernel_note)
        self._renew()

    def _buttons(self) -> QHBoxLayout:
        self.more = named(QPushButton("Add a value"), "Add a value")
        self.fewer = named(QPushButton("Remove a value"), "Remove the last value")
        self.tenfold = named(QPushButton("Ten times all"), "Ten times all", "Changes nothing behind the layer")
        self.reset = named(QPushButton("Start again"), "Start again", "Back to the numbers of the example")
        actions = (self._add, self._remove, self._enlarge, self.restore)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button, action in zip((self.more, self.fewer, self.tenfold, self.reset), actions):
            button.clicked.connect(action)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(16)
        table.setVerticalSpacing(8)
        shown = [(text, self.grids[name], help) for name, text, help in _ROWS]
        learned = ("γ and β, editable", self.learned, "Learned by gradient descent; at first 1 and 0.")
        for row, (text, grid, help) in enumerate([*shown[:3], learned, shown[3]]):
            table.addWidget(QLabel(text), row, 0, Qt.AlignmentFlag.AlignRight)
            table.addWidget(grid, row, 1)
            note = QLabel(help)
            note.setProperty("role", "small")
            table.addWidget(note, row, 2)
        table.setColumnStretch(3, 1)
        return table

    # ---- what the user does

    def restore(self) -> None:
        """Take up the example again."""
        self._learned = np.array([1.0, 0.0])
        self._set(np.array(EXAMPLE, float))

    def _add(self) -> None:
        self._set(np.append(self._values, 0.0))

    def _remove(self) -> None:
        self._set(self._values[:-1])

    def _enlarge(self) -> None:
        self._set(self._values * 10)

    def _edit(self, row: int, column: int, value: float) -> None:
        values = self._values.copy()
        values[column] = value
        self._set(values)

    def _edit_learned(self, row: int, column: int, value: float) -> None:
        self._learned = self._learned.copy()
        self._learned[column] = value
        self._renew()

    def _set(self, values: Any) -> None:
        self._values = values
        self._renew()

    # ---- the picture

    def _renew(self) -> None:
        self.more.setEnabled(len(self._values) < _MOST)
        self.fewer.setEnabled(len(self._values) > _FEWEST)
        self.tenfold.setEnabled(float(np.abs(self._values).max()) < 1e5)
        self.grids["values"].show_numbers(self._values)
        self.learned.show_numbers(self._learned)
        try:
            data = self.data = teach.batch_norm(self._values, *self._learned)
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        self.grids["distances"].show_numbers(data.values - data.mean)
        self.grids["normalised"].show_numbers(data.normalised)
        self.grids["output"].show_numbers(data.output)
        align(*self.grids.values())
        self.steps.setText("\n".join(data.steps))
        self.session.compute(f"lesson {self.title}", lambda: (data, teach.normalised_by_kernels(data)), self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.kernel_note.setText(f"The kernels could not be asked ({result}).")
        elif result[0] is self.data:
            data, kernels = result
            distance = float(np.abs(kernels.output - data.output).max()) / max(1.0, float(np.abs(data.output).max()))
            mean, variance = kernels.running
            same = f"after this batch they remember mean {mean:.4g} and variance {variance:.4g} for inference"
            self.kernel_note.setText(
                f"The kernels of the batch norm layer give the same; {same}."
                if distance <= _ROUNDING
                else f"The kernels differ by {np.format_float_scientific(distance, 1)}: more than rounding."
            )
