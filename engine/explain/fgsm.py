"""The fast gradient sign method: one step that the eye hardly sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import number
from .fooling import Goal, outcome
from .method import Method
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class Fgsm(Method):
    """Every pixel moves by ε towards the target class, or away from the class found if no target is named.

    Pixels stay from 0 to 255, no one moves by more than ε. `extras["perturbation"]` is what was added.
    """

    epsilon: float = number(
        8.0, label="ε", help="Largest change of a pixel.", minimum=0.0, maximum=255.0, unit="of 255"
    )

    name = "fgsm"
    title = "Fast gradient sign"
    source = "Goodfellow, Shlens & Szegedy 2014, Explaining and Harnessing Adversarial Examples, section 4"
    summary = "Fools the network with one small step of every pixel."
    gives = "image"
    asks = frozenset({"image", "target"})

    def steps(self, question: Question) -> Iterator[Progress]:
        goal = Goal(question)
        _, gradient, _ = goal.loss(question.images)
        moved = question.images - np.float32(self.epsilon) * np.sign(gradient)
        yield outcome(self, question, goal, np.clip(moved, 0, 255))
