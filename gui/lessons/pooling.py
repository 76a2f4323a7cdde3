"""Max pooling with its switches, and the way back through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from convscope.engine import teach
from convscope.engine.spec import ConvscopeError
from convscope.engine.teach.pooling import EXAMPLE

from ..accessible import named
from ..stylesheet import pad_spin_boxes
from ..widgets.lesson import Captioned, Lesson, in_row, worded
from ..widgets.number_grid import NumberGrid
from ..widgets.stepper import Stepper

_SIDES = (2, 8)


class PoolingLesson(Lesson):
    """An image, its maxima with their places, and the maxima put back there."""

    title = "Max pooling and its switches"
    text = (
        "Each window is replaced by its largest value, so the map shrinks and small shifts no longer matter. Where the "
        "largest value stood, the switch, is what the way back needs: unpooling and gradients put a value there and "
        "zeros elsewhere."
    )
    source = "Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, §2.1 (switches, unpooling)."

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._values = np.array(EXAMPLE, float)
        self.image = NumberGrid("Image, editable", editable=True)
        self.image.edited.connect(self._edit)
        self.output, self.switches = NumberGrid("Maxima"), NumberGrid("Switches")
        self.unpooled = NumberGrid("Unpooled")
        self.stepper = Stepper("window")
        self.stepper.stepped.connect(self.show_step)
        self.sum = worded("")
        self.sum.setAccessibleName("This step")
        self.body.addLayout(self._fields())
        pictures = (
            Captioned("image", self.image),
            "→",
            Captioned("maxima", self.output),
            Captioned("switches: which value of the window", self.switches),
            "→",
            Captioned("unpooled", self.unpooled),
        )
        self.body.addLayout(in_row(*pictures))
        self.body.addWidget(self.stepper)
        self.body.addWidget(self.sum)
        self.output.pointed.connect(self._point)
        self._renew()

    def _fields(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        fields = (
            ("Image", "Rows and columns of the image", _SIDES[0], _SIDES[1], 4),
            ("Window", "Rows and columns of the window", 1, 4, 2),
            ("Stride", "Step between windows", 1, 4, 2),
        )
        self.side, self.window_size, self.stride = (self._field(row, *field) for field in fields)
        self.side.valueChanged.connect(self._resize)
        self.window_size.valueChanged.connect(self._renew)
        self.stride.valueChanged.connect(self._renew)
        reset = named(QPushButton("Start again"), "Start again", "Back to the numbers of the example")
        reset.clicked.connect(self.restore)
        row.addWidget(reset)
        row.addStretch(1)
        return row

    @staticmethod
    def _field(row: QHBoxLayout, label: str, help: str, low: int, high: int, value: int) -> QSpinBox:
        field = named(QSpinBox(), label, help)
        field.setRange(low, high)
        field.setValue(value)
        field.setMinimumWidth(64)
        pad_spin_boxes(field)
        text = QLabel(label)
        text.setProperty("role", "muted")
        text.setBuddy(field)
        row.addWidget(text)
        row.addWidget(field)
        row.addSpacing(8)
        return field

    def restore(self) -> None:
        """Take up the example again."""
        self._values = np.array(EXAMPLE, float)
        for field, value in ((self.side, 4), (self.window_size, 2), (self.stride, 2)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self._renew()

    def _resize(self, side: int) -> None:
        """Keep the numbers that there is room for; new ones repeat the example."""
        example = np.resize(np.array(EXAMPLE, float), (2, 4)).sum(0)
        grown = np.resize(np.concatenate([self._values.ravel(), example]), (side, side))
        kept = min(side, len(self._values))
        grown[:kept, :kept] = self._values[:kept, :kept]
        self._values = grown
        self._renew()

    def _edit(self, row: int, column: int, value: float) -> None:
        self._values[row, column] = value
        self._renew()

    # ---- the picture

    def _renew(self) -> None:
        self.image.show_numbers(self._values)
        try:
            self.data = teach.max_pooling(self._values, self.window_size.value(), self.stride.value())
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        data = self.data
        self.output.show_numbers(data.output)
        self.switches.show_numbers(data.switches + 1)
        self.unpooled.show_numbers(data.unpooled, data.unpooled == 0)
        self.stepper.set_count(data.output.size)
        self.show_step(self.stepper.index)

    def show_step(self, index: int) -> None:
        """One window, its maximum and where that goes."""
        data = self.data
        row, column = divmod(index, data.output.shape[1])
        width = data.image.shape[1]
        read = [divmod(p, width) for p in data.read[row, column].tolist() if p != teach.OUTSIDE]
        winner = (int(data.pixels[row, column, 0]), int(data.pixels[row, column, 1]))
        self.image.mark(strong=[winner], soft=read)
        self.unpooled.mark(strong=[winner], soft=read)
        for grid in (self.output, self.switches):
            grid.mark(strong=[(row, column)])
        place = f"row {winner[0] + 1}, column {winner[1] + 1} of the image"
        self.sum.setText(f"{data.label(row, column)}, found in {place}; it goes back there.")

    def _point(self, row: int, column: int) -> None:
        if row >= 0:
            self.stepper.show_step(row * self.data.output.shape[1] + column)
