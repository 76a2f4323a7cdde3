"""How receptive fields grow along a chain of layers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from convscope.engine import teach
from convscope.engine.spec import ConvscopeError

from ..accessible import named
from ..widgets.growth_picture import GrowthPicture
from ..widgets.lesson import Lesson, worded
from ..widgets.number_grid import NumberGrid

_MOST = 8
_EXAMPLES = (
    ("Three 3×3", ((3, 1),) * 3),
    ("3×3, stride 2, four times", ((3, 2),) * 4),
    ("VGG: 3×3, 3×3, pool, twice", ((3, 1), (3, 1), (2, 2)) * 2),
    ("One 7×7", ((7, 1),)),
)


class GrowthLesson(Lesson):
    """A chain of kernels and strides, and the cone of values that its last unit sees."""

    title = "Receptive field"
    text = (
        "The receptive field of a unit is all it sees of the image, here in one direction. Each layer adds its kernel "
        "minus one, times the step between neighbouring units. With stride 1 it grows evenly, 1 + L·(F − 1); each "
        "stride of 2 doubles what the layers behind it add, so that it grows as a power of 2."
    )
    source = "Araujo, Norris & Sim 2019, Computing Receptive Fields of Convolutional Neural Networks, Distill."

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._chain = np.array(_EXAMPLES[0][1])
        self.chain = NumberGrid("Kernels and strides, editable", editable=True)
        self.chain.edited.connect(self._edit)
        self.picture = GrowthPicture("Receptive field of the last unit")
        self.formula = worded("", "heading")
        self.formula.setAccessibleName("Formula")
        self.body.addLayout(self._examples())
        self.body.addLayout(self._table())
        self.body.addWidget(self.picture)
        self.body.addWidget(self.formula)
        self._renew()

    def _examples(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.examples = []
        for text, chain in _EXAMPLES:
            button = named(QPushButton(text), text, "Show this chain of layers")
            button.clicked.connect(partial(self._set, chain))
            self.examples.append(button)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(12)
        heads = QLabel("kernel\n\nstride")  # beside the two rows of the grid
        heads.setProperty("role", "muted")
        heads.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.more = named(QPushButton("Add a layer"), "Add a layer")
        self.fewer = named(QPushButton("Remove a layer"), "Remove the last layer")
        self.more.clicked.connect(lambda: self._set([*self._chain.tolist(), self._chain[-1].tolist()]))
        self.fewer.clicked.connect(lambda: self._set(self._chain[:-1]))
        for column, part in enumerate((heads, self.chain, self.more, self.fewer)):
            table.addWidget(part, 0, column)
        table.setColumnStretch(4, 1)
        return table

    # ---- what the user does

    def _set(self, chain: Any, _checked: bool = False) -> None:
        self._chain = np.array(chain)
        self._renew()

    def _edit(self, row: int, column: int, value: float) -> None:
        chain = self._chain.astype(float)
        chain[column, row] = value
        self._set(chain)

    # ---- the picture

    def _renew(self) -> None:
        self.chain.show_numbers(self._chain.T)
        self.more.setEnabled(len(self._chain) < _MOST)
        self.fewer.setEnabled(len(self._chain) > 1)
        try:
            growth = teach.growth(self._chain.tolist())
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        self.picture.show_growth(growth)
        last = growth.steps[-1]
        self.formula.setText(growth.formula or f"{last.text}: one unit sees {last.size} pixels of a row")
