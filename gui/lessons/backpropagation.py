"""Backpropagation through a convolution, term by term: from the output's gradient to the image's and the filter's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from convscope.engine import teach
from convscope.engine.spec import ConvscopeError
from convscope.engine.teach.backpropagation import Share, told

from ..widgets.case_editor import CaseEditor
from ..widgets.lesson import Captioned, Lesson, in_row, worded
from ..widgets.number_grid import NumberGrid
from ..widgets.stepper import Stepper

_GRADIENT = ((1, -1, 2), (0, 1, -2), (1, 0, 1))
_ROUNDING = 1e-6


class BackpropagationLesson(Lesson):
    """The output's gradient dS, editable, and the two gradients that follow from it; one value of either at a time."""

    title = "Backpropagation"
    text = (
        "How does the loss change with each pixel and each weight, when we know how it changes with each output? By "
        "the chain rule: a pixel collects dS of every output that saw it, times the weight between them; a weight "
        "collects dS of every output, times the pixel it met there. Both are convolutions again."
    )
    source = (
        "∂L/∂X = dS spread through the same filter, ∂L/∂F = X correlated with dS. LeCun et al. 1989, Backpropagation "
        "Applied to Handwritten Zip Code Recognition; Dumoulin & Visin 2016, §4."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.case_editor = CaseEditor()
        self._gradient: NDArray[Any] = np.array(_GRADIENT, float)
        self.ds = NumberGrid("Gradient of the output, editable", editable=True)
        self.dx, self.dw = NumberGrid("Gradient of the image"), NumberGrid("Gradient of the filter")
        self.of_pixel, self.of_weight = (
            QRadioButton("Gradient of a pixel, dX"),
            QRadioButton("Gradient of a weight, dF"),
        )
        self.of_pixel.setChecked(True)
        self._kinds = QButtonGroup(self)
        self.stepper = Stepper("pixel")
        self.sum = worded("")
        self.sum.setAccessibleName("This step")
        self.sum.setMinimumHeight(36)  # two lines, so that nothing moves from step to step
        self.kernel_note = worded("", "small")
        self.kernel_note.setAccessibleName("Compared with the kernels")
        self._build()
        self.case_editor.changed.connect(self._renew)
        self.ds.edited.connect(self._edit)
        self.dx.pointed.connect(lambda row, column: self._point(self.of_pixel, self.dx, row, column))
        self.dw.pointed.connect(lambda row, column: self._point(self.of_weight, self.dw, row, column))
        self.of_pixel.toggled.connect(self._turn)
        self.stepper.stepped.connect(self.show_step)
        self._renew()

    def _build(self) -> None:
        image, filter_ = self.case_editor.captioned()
        choice = QHBoxLayout()
        choice.setSpacing(16)
        for button in (self.of_pixel, self.of_weight):
            self._kinds.addButton(button)
            choice.addWidget(button)
        choice.addWidget(self.stepper, 1)
        self.body.addWidget(self.case_editor)
        self.body.addLayout(in_row(image, "∗", filter_, "=  S,   from behind comes", Captioned("dS", self.ds)))
        self.body.addLayout(choice)
        self.body.addWidget(self.sum)
        self.body.addLayout(in_row(Captioned("dX", self.dx), Captioned("dF", self.dw)))
        self.body.addWidget(self.kernel_note)

    # ---- what the user does

    def _edit(self, row: int, column: int, value: float) -> None:
        self._gradient[row, column] = value
        self._renew()

    def _point(self, kind: QRadioButton, grid: NumberGrid, row: int, column: int) -> None:
        if row >= 0:
            kind.setChecked(True)
            self.stepper.show_step(row * grid.values.shape[1] + column)

    def _turn(self) -> None:
        pixels = self.of_pixel.isChecked()
        self.stepper.set_count((self.dx if pixels else self.dw).values.size, "pixel" if pixels else "weight")
        self.show_step(self.stepper.index)

    # ---- the picture

    def _renew(self) -> None:
        editor = self.case_editor
        try:
            case = teach.im2col(editor.image, editor.weights, **editor.geometry_of_windows).case
            ds = self._gradient_for(case.output[:2])
            data = teach.backpropagation(editor.image, editor.weights, ds[:, :, None], **editor.geometry_of_windows)
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        self.data = data
        self.ds.show_numbers(ds)
        self.dx.show_numbers(data.dx[:, :, 0])
        self.dw.show_numbers(data.dw[:, :, 0, 0])
        self._turn()
        self.kernel_note.setText("The kernels are asked…")
        self.session.compute(f"lesson {self.title}", lambda: (data, teach.gradients_by_kernels(data)), self._take)

    def _gradient_for(self, size: tuple[int, ...]) -> NDArray[Any]:
        """As much of the gradient as there are outputs; the example repeats where there are more."""
        if any(have < want for have, want in zip(self._gradient.shape, size)):
            whole = np.tile(np.array(_GRADIENT, float), (4, 4))
            rows, columns = self._gradient.shape
            whole[:rows, :columns] = self._gradient
            self._gradient = whole
        return self._gradient[: size[0], : size[1]]

    def show_step(self, index: int) -> None:
        """One value of a gradient: the outputs, weights and pixels that it comes from."""
        data, editor = self.data, self.case_editor
        pixels = self.of_pixel.isChecked()
        place = divmod(index, (self.dx if pixels else self.dw).values.shape[1])
        shares = data.of_pixel(*place) if pixels else data.of_weight(*place)
        self.ds.mark(strong=[share.output[:2] for share in shares])
        taps, met = [share.tap[:2] for share in shares], [share.pixel[:2] for share in shares]
        editor.image_grid.mark(soft=[place]) if pixels else editor.image_grid.mark(strong=met)
        editor.filter_grids[0].mark(strong=taps) if pixels else editor.filter_grids[0].mark(soft=[place])
        self.dx.mark(strong=[place] if pixels else ())
        self.dw.mark(strong=() if pixels else [place])
        self.sum.setText(_worded(pixels, place, shares))

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.kernel_note.setText(f"The kernels could not be asked ({result}).")
        elif result[0] is self.data:
            distance = result[1].distance(result[0])
            same = "The backward kernels that networks train with give the same dX and dF."
            other = f"The kernels differ by {np.format_float_scientific(distance, 1)}: more than rounding."
            self.kernel_note.setText(same if distance <= _ROUNDING else other)


def _worded(pixels: bool, place: tuple[int, int], shares: tuple[Share, ...]) -> str:
    row, column = place[0] + 1, place[1] + 1
    if pixels:
        many = {0: "No output sees", 1: "One output sees"}.get(len(shares), f"{len(shares)} outputs see")
        return f"{many} the pixel in row {row}, column {column}. dS · weight: {told(shares)}"
    return f"The weight in row {row}, column {column} met {len(shares)} pixels. dS · pixel: {told(shares)}"
