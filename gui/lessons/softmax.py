"""Softmax: from scores to probabilities, step by step."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from convscope.engine import teach
from convscope.engine.teach.softmax import EXAMPLE

from ..widgets.class_bars import ClassBars
from ..widgets.lesson import Captioned
from ..widgets.row_lesson import RowLesson


class SoftmaxLesson(RowLesson):
    """Scores, their exponentials, and the quotients, beside two simpler rules."""

    title = "Softmax"
    text = (
        "Scores may be any numbers; probabilities must be positive and add up to 1. Softmax takes e to the power of "
        "each score and divides by the sum. It is a soft argmax: the largest score gets most, the others keep a share, "
        "so that there is a gradient to learn from."
    )
    source = "Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs."
    rows = (
        ("scores", "scores x, editable", "Any numbers: what the last layer gives."),
        ("exponentials", "eˣ", "Positive, and larger scores far ahead."),
        ("probabilities", "eˣ / sum", "The probabilities: positive, with sum 1."),
        ("shares", "x / sum of x", "The scores' plain shares, where all are positive: closer together."),
        ("largest", "argmax", "All for the largest: no useful gradient, because small changes change nothing."),
    )
    noun, example, added = "score", EXAMPLE, 1.0
    all_changed = ("Add 1 to all", "Changes no probability: e¹ cancels out")

    def build(self) -> None:
        self.bars = ClassBars()
        self.bars.setMaximumWidth(420)
        self.body.addWidget(Captioned("probabilities", self.bars))

    def change_all(self) -> NDArray[Any]:
        return self.values + 1

    def renew(self) -> list[str]:
        data = teach.softmax(self.values)
        for name in ("exponentials", "probabilities", "largest"):
            self.grids[name].show_numbers(getattr(data, name))
        self.grids["shares"].setVisible(data.shares is not None)
        if data.shares is not None:
            self.grids["shares"].show_numbers(data.shares)
        best = (0, int(data.largest.argmax()))
        for name in ("scores", "exponentials", "probabilities", "largest"):
            self.grids[name].mark(soft=[best])
        names = [f"score {i + 1}" for i in range(len(data.scores))]
        self.bars.show_values(data.probabilities, names, -1)
        return list(data.steps)
