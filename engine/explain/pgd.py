"""Projected gradient descent: many small steps inside a box around the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import flag, integer, number
from .fooling import Goal, outcome
from .method import Method
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class Pgd(Method):
    """Steps of the gradient's sign towards the target class, or away from the class found; never further than ε.

    Pixels stay from 0 to 255. `extras["perturbation"]` is what was added, `history` the mean probability of the class.
    """

    epsilon: float = number(
        8.0, label="ε", help="Largest change of a pixel.", minimum=0.0, maximum=255.0, unit="of 255"
    )
    step: float = number(
        2.0, label="Step", help="Change of a pixel in one step.", minimum=0.0, maximum=255.0, unit="of 255"
    )
    count: int = integer(10, label="Steps", help="How many steps are made.", maximum=100_000)
    random_start: bool = flag(True, label="Random start", help="Begin at a random place in the box.")

    name = "pgd"
    title = "Projected gradient descent"
    source = (
        "Madry, Makelov, Schmidt, Tsipras & Vladu 2017, Towards Deep Learning Models Resistant to Attacks, section 2"
    )
    summary = "Fools the network by the strongest change that stays within ε."
    gives = "image"
    asks = frozenset({"image", "target"})

    def steps(self, question: Question) -> Iterator[Progress]:
        goal, images = Goal(question), question.images
        low, high = np.maximum(images - self.epsilon, 0), np.minimum(images + self.epsilon, 255)
        pixels = images
        if self.random_start:
            noise = question.random().uniform(-self.epsilon, self.epsilon, images.shape[1:])
            pixels = np.clip(images + noise.astype(np.float32), low, high)
        history = []
        for number_ in range(1, self.count + 1):
            _, gradient, shares = goal.loss(pixels)
            history.append({"probability": float(goal.share(shares).mean())})
            pixels = np.clip(pixels - np.float32(self.step) * np.sign(gradient), low, high)
            if number_ < self.count:
                yield Progress(number_, self.count, question.shown(pixels), history[-1])
        yield outcome(self, question, goal, pixels, steps=self.count, history=tuple(history))
