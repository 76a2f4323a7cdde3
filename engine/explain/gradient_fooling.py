"""An image of nothing that the network is sure of, found by following the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import integer, number
from .fooling import Goal, outcome
from .method import Method
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class GradientFooling(Method):
    """From the mean image and noise (or an image given) uphill in the target's log-probability until it is certain.

    Each step moves the pixels by `rate` in the root mean square; pixels stay from 0 to 255.
    """

    certainty: float = number(
        0.9999, label="Certainty", help="Probability at which it stops.", minimum=0.0, maximum=0.999999
    )
    noise: float = number(
        10.0, label="Noise", help="Deviation of the noise it starts from.", minimum=0.0, maximum=255.0, unit="of 255"
    )
    rate: float = number(
        2.0, label="Rate", help="Root mean square change of a step.", minimum=0.0, maximum=255.0, open_ends=True
    )
    most: int = integer(400, label="Most steps", help="Where it gives up.", maximum=1_000_000)

    name = "gradient_fooling"
    title = "Fooling image by gradient"
    source = "Nguyen, Yosinski & Clune 2014, Deep Neural Networks Are Easily Fooled, section 3.4"
    summary = "Noise that the network is sure shows a class."
    gives = "image"
    asks = frozenset({"image", "target"})
    needs = frozenset({"target"})

    def steps(self, question: Question) -> Iterator[Progress]:
        goal = Goal(question)
        noise = question.random().normal(0, self.noise, question.images.shape[1:]).astype(np.float32)
        pixels = np.clip(question.images + noise, 0, 255)
        history: list[dict[str, float]] = []
        for number_ in range(1, self.most + 1):
            _, gradient, shares = goal.loss(pixels)
            own = goal.share(shares)
            history.append({"probability": float(own.min())})
            if own.min() > self.certainty:
                break
            size = np.sqrt(np.square(gradient, dtype=np.float64).mean((1, 2, 3), keepdims=True))
            length = np.float32(self.rate) * (own <= self.certainty)[:, None, None, None]
            pixels = np.clip(pixels - length * gradient / np.maximum(size, 1e-30).astype(np.float32), 0, 255)
            if number_ < self.most:
                yield Progress(number_, self.most, question.shown(pixels), history[-1])
        yield outcome(self, question, goal, pixels, steps=max(len(history), 1), history=tuple(history))
