"""What the fooling methods share: the loss towards or away from a class, and what came of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .aim import softmax
from .method import Method
from .probe import CHUNK
from .progress import Progress
from .question import Floats, Question

_LEAST = 1e-16  # a probability below counts as this one, so that its logarithm and inverse are numbers


class Goal:
    """A class to reach for each image, or, where the question names none, the class found now to get away from."""

    def __init__(self, question: Question) -> None:
        self._probe = question.probe
        self.before = question.probabilities(question.images)
        self.targeted = question.target is not None
        aim = question.class_aim()
        count = len(question.images)
        self.classes = np.array([aim.channels[min(n, len(aim.channels) - 1)] for n in range(count)])

    def of(self, number: int) -> Goal:
        """The goal of one image."""
        one = copy.copy(self)
        one.before, one.classes = self.before[number : number + 1], self.classes[number : number + 1]
        return one

    def loss(self, pixels: Floats) -> tuple[Floats, Floats, Floats]:
        """What is to be made small for each image, its gradient in the pixels, and the class probabilities.

        It is −log p of the class wanted, or −log(1 − p) of the one to get away from: both end at 0.
        """
        classes = np.resize(self.classes, len(pixels))
        parts = [self._loss(pixels[at : at + CHUNK], classes[at : at + CHUNK]) for at in range(0, len(pixels), CHUNK)]
        loss, gradient, shares = (np.concatenate(part) for part in zip(*parts))
        return loss, gradient, shares

    def _loss(self, pixels: Floats, classes: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        rows = np.arange(len(pixels))

        def seed(scores: Floats) -> Floats:
            part = softmax(scores)
            own = part[rows, classes]
            part[rows, classes] -= 1
            factor = np.ones_like(own) if self.targeted else -own / np.maximum(1 - own, _LEAST)
            return (factor[:, None] * part).astype(np.float32)

        scores, gradient = self._probe.gradient(pixels, self._probe.scores, seed, chunk=len(pixels))
        shares = softmax(scores)
        own = shares[rows, classes]
        loss = -np.log(np.maximum(own if self.targeted else 1 - own, _LEAST))
        return loss.astype(np.float32), gradient, shares.astype(np.float32)

    def reached(self, shares: Floats) -> np.ndarray:
        """Whether the network now says the class wanted, or another than the one to get away from."""
        same = shares.argmax(1) == np.resize(self.classes, len(shares))
        return same if self.targeted else ~same

    def share(self, shares: Floats) -> Floats:
        """The probability of each image's class."""
        found: Floats = shares[np.arange(len(shares)), np.resize(self.classes, len(shares))]
        return found


def outcome(method: Method, question: Question, goal: Goal, pixels: Floats, **more: Any) -> Progress:
    """The last step of an attack: images (N, H, W, C), how they differ, and what the network says of them."""
    after = question.probabilities(pixels)
    change = pixels - question.images
    norms = {
        "l2": [float(np.sqrt(np.square(one, dtype=np.float64).sum())) for one in change],
        "linf": [float(np.abs(one).max()) for one in change],
    }
    scores: Mapping[str, Any] = {
        "targeted": goal.targeted,
        "class": goal.classes.tolist(),
        "success": goal.reached(after).tolist(),
        "class before": goal.before.argmax(1).tolist(),
        "class after": after.argmax(1).tolist(),
        "probability before": goal.share(goal.before).tolist(),
        "probability after": goal.share(after).tolist(),
        **norms,
        **more.pop("scores", {}),
    }
    steps = more.pop("steps", 1)
    result = method.result(question, pixels, scores, extras={"perturbation": change}, **more)
    return Progress.last(result, steps)
