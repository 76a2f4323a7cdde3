"""What guided backpropagation and the DeConvNet share: one unit taken back to the image under another ReLU rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..runtime.plan import ReluRule
from ..spec.param import choice
from .method import Method
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class RuleMethod(Method):
    """Takes the strongest unit of a channel, the unit given, or a class score back to the pixels: (H, W, C), signed."""

    begin_with: str = choice(
        "one",
        ("one", "activation"),
        label="Begin with",
        help="What is set at the unit: 1, or the unit's own activation as Zeiler & Fergus do.",
    )

    rule: ClassVar[ReluRule] = "plain"

    def steps(self, question: Question) -> Iterator[Progress]:
        found = question.aim()
        unit = found.strongest(question.probe.values(question.images, found.node)[found.node])
        aim = replace(unit, by_activation=self.begin_with == "activation")
        values, picture = question.probe.gradient(question.images, aim.node, aim, self.rule)
        result = self.result(question, picture, aim.told(values), extras={"size": np.abs(picture).max(-1)})
        yield Progress.last(result)
