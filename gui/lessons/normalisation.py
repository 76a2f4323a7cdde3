"""Batch normalisation: the values of one channel over a batch, brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from convscope.engine import teach
from convscope.engine.teach.normalisation import EXAMPLE

from ..widgets.lesson import worded
from ..widgets.number_grid import NumberGrid
from ..widgets.row_lesson import RowLesson

_ROUNDING = 1e-5  # 32 bits, and a quotient of small differences
_LARGEST = 1e5  # of numbers that are multiplied by ten
_UNTRAINED = (1.0, 0.0)


class NormalisationLesson(RowLesson):
    """Values, their distances from the mean, the quotients, and what the learned numbers make of them."""

    title = "Batch normalisation"
    text = (
        "While a network learns, the values that a layer gets keep changing their size. Batch normalisation brings "
        "each channel to mean 0 and variance 1 over the batch, then lets the network scale and shift it by two learned "
        "numbers. For single images later on it keeps running averages of mean and variance."
    )
    source = "Ioffe & Szegedy 2015, Batch Normalization, Algorithms 1 and 2."
    rows = (
        ("values", "values x of a batch, editable", "One number for each image of the batch."),
        ("distances", "x − mean", "How far each is from their mean."),
        ("normalised", "(x − mean)/√(variance + ε)", "Mean 0 and variance 1, whatever came in."),
        ("output", "γ · that + β", "The layer may learn any other mean β and spread γ."),
    )
    noun, example, added = "value", EXAMPLE, 0.0
    all_changed = ("Ten times all", "Changes nothing behind the layer")

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        self._learned = np.array(_UNTRAINED)
        super().__init__(session, parent)

    def build(self) -> None:
        self.kernel_note = worded("", "small")
        self.kernel_note.setAccessibleName("Compared with the kernels")
        self.body.addWidget(self.kernel_note)

    def table_rows(self) -> list[tuple[str, QWidget, str]]:
        self.learned = NumberGrid("Scale γ and shift β, editable", editable=True)
        self.learned.edited.connect(self._edit_learned)
        learned = ("γ and β, editable", self.learned, "Learned by gradient descent; at first 1 and 0.")
        *before, output = super().table_rows()
        return [*before, learned, output]

    # ---- what the user does

    def restore(self) -> None:
        """Take up the example again."""
        self._learned = np.array(_UNTRAINED)
        super().restore()

    def change_all(self) -> NDArray[Any]:
        return self.values * 10

    def _edit_learned(self, row: int, column: int, value: float) -> None:
        self._learned = self._learned.copy()
        self._learned[column] = value
        self.take(self.values)

    # ---- the picture

    def renew(self) -> list[str]:
        self.change.setEnabled(float(np.abs(self.values).max()) < _LARGEST)
        self.learned.show_numbers(self._learned)
        data = self.data = teach.batch_norm(self.values, *self._learned)
        self.grids["distances"].show_numbers(data.values - data.mean)
        self.grids["normalised"].show_numbers(data.normalised)
        self.grids["output"].show_numbers(data.output)
        self.session.compute(f"lesson {self.title}", lambda: (data, teach.normalised_by_kernels(data)), self._take)
        return list(data.steps)

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
