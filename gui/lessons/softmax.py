"""Softmax: from scores to probabilities, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from convscope.engine import teach
from convscope.engine.spec import ConvscopeError
from convscope.engine.teach.softmax import EXAMPLE

from ..accessible import named
from ..widgets.class_bars import ClassBars
from ..widgets.lesson import Captioned, Lesson, worded
from ..widgets.number_grid import NumberGrid, align

_MOST, _FEWEST = 8, 2
_ROWS = (
    ("scores", "scores x, editable", "Any numbers: what the last layer gives."),
    ("exponentials", "eˣ", "Positive, and larger scores far ahead."),
    ("probabilities", "eˣ / sum", "The probabilities: positive, with sum 1."),
    ("shares", "x / sum of x", "The scores' plain shares, where all are positive: closer together."),
    ("largest", "argmax", "All for the largest: no useful gradient, because small changes change nothing."),
)


class SoftmaxLesson(Lesson):
    """Scores, their exponentials, and the quotients, beside two simpler rules."""

    title = "Softmax"
    text = (
        "Scores may be any numbers; probabilities must be positive and add up to 1. Softmax takes e to the power of "
        "each score and divides by the sum. It is a soft argmax: the largest score gets most, the others keep a share, "
        "so that there is a gradient to learn from."
    )
    source = "Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs."

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._scores = np.array(EXAMPLE, float)
        self.grids = {name: NumberGrid(text, editable=name == "scores") for name, text, _ in _ROWS}
        self.grids["scores"].edited.connect(self._edit)
        self.body.addLayout(self._buttons())
        self.body.addLayout(self._table())
        self.steps = worded("")
        self.steps.setAccessibleName("The steps")
        self.body.addWidget(self.steps)
        self.bars = ClassBars()
        self.bars.setMaximumWidth(420)
        self.body.addWidget(Captioned("probabilities", self.bars))
        self._renew()

    def _buttons(self) -> QHBoxLayout:
        self.more = named(QPushButton("Add a score"), "Add a score")
        self.fewer = named(QPushButton("Remove a score"), "Remove the last score")
        self.shift = named(QPushButton("Add 1 to all"), "Add 1 to all", "Changes no probability: e¹ cancels out")
        self.reset = named(QPushButton("Start again"), "Start again", "Back to the numbers of the example")
        actions = (self._add, self._remove, self._shift, self.restore)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button, action in zip((self.more, self.fewer, self.shift, self.reset), actions):
            button.clicked.connect(action)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(16)
        table.setVerticalSpacing(8)
        for row, (name, text, help) in enumerate(_ROWS):
            table.addWidget(QLabel(text), row, 0, Qt.AlignmentFlag.AlignRight)
            table.addWidget(self.grids[name], row, 1)
            note = QLabel(help)
            note.setProperty("role", "small")
            table.addWidget(note, row, 2)
        table.setColumnStretch(3, 1)
        return table

    # ---- what the user does

    def restore(self) -> None:
        """Take up the example again."""
        self._set(np.array(EXAMPLE, float))

    def _add(self) -> None:
        self._set(np.append(self._scores, 1.0))

    def _remove(self) -> None:
        self._set(self._scores[:-1])

    def _shift(self) -> None:
        self._set(self._scores + 1)

    def _edit(self, row: int, column: int, value: float) -> None:
        scores = self._scores.copy()
        scores[column] = value
        self._set(scores)

    def _set(self, scores: Any) -> None:
        self._scores = scores
        self._renew()

    # ---- the picture

    def _renew(self) -> None:
        self.more.setEnabled(len(self._scores) < _MOST)
        self.fewer.setEnabled(len(self._scores) > _FEWEST)
        self.grids["scores"].show_numbers(self._scores)
        try:
            data = teach.softmax(self._scores)
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        for name in ("exponentials", "probabilities", "largest"):
            self.grids[name].show_numbers(getattr(data, name))
        self.grids["shares"].setVisible(data.shares is not None)
        if data.shares is not None:
            self.grids["shares"].show_numbers(data.shares)
        align(*self.grids.values())
        best = (0, int(data.largest.argmax()))
        for name in ("scores", "exponentials", "probabilities", "largest"):
            self.grids[name].mark(soft=[best])
        self.steps.setText("\n".join(data.steps))
        names = [f"score {i + 1}" for i in range(len(data.scores))]
        self.bars.show_values(data.probabilities, names, -1)
