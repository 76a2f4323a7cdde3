"""The image that a class looks like to the network: its score maximised from an empty picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import integer, number
from .contrast import stretched
from .journal import Journal
from .method import Method
from .probe import Floats
from .progress import Progress
from .question import Question
from .scales import Scales
from .seeking import STIR, before_and_after, sought, stirred
from .smoothing import back, blurred, drawn_shift, share, shifted

DEVIATION = 0.225 * 255
"""Pixels in the unit of published rates and penalties: images standardised by ImageNet's deviation."""
_FLAT = 1e-12  # root mean square of a step that goes nowhere


@dataclass(frozen=True)
class ClassImage(Method):
    """Ascends S − λ‖X‖² of a class score S, from the mean image or the image given.

    X is the image minus the mean image in units of 0.225 of the range, whatever the model's own preprocessing, so that
    rate and penalty mean the same for every model. The published parameters are meant for 224 pixels: below, shifts
    are reduced in proportion, and steps to a root mean square of `reach`. Pixels stay between 0 and 255.
    """

    iterations: int = integer(100, label="Iterations", help="Steps of gradient ascent.", maximum=100_000)
    rate: float = number(25.0, label="Learning rate", help="Step as a multiple of the gradient.", minimum=0.0)
    penalty: float = number(1e-3, label="Penalty", help="Weight λ of the squared norm of the picture.", minimum=0.0)
    blur: float = number(
        0.5, label="Blur", help="Standard deviation of the blur.", minimum=0.0, maximum=100.0, unit="px"
    )
    blur_every: int = integer(10, label="Steps per blur", help="Steps from one blur to the next.")
    jitter: int = integer(
        16, label="Jitter", help="Largest random shift before each step.", minimum=0, maximum=10_000, unit="px"
    )
    reach: float = number(
        2.5, label="Reach", help="Largest root mean square of a step.", minimum=0.0, maximum=255.0, unit="px"
    )

    name = "class_image"
    title = "Class image"
    source = "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 2"
    summary = "The picture that a class looks like to the network."
    gives = "image"
    asks = frozenset({"image", "target"})
    needs = frozenset({"target"})
    any_size = True

    def steps(self, question: Question) -> Iterator[Progress]:
        aim, start = sought(question, self.title), question.images
        scales = Scales(question, aim.node)
        probe, mean = scales.at(*start.shape[1:3]), question.mean_image()
        random, journal, images = question.random(), Journal(self, question, self.iterations), start
        jitter = round(self.jitter * share(start.shape[1:3]))
        for step in range(1, self.iterations + 1):
            shift = drawn_shift(random, jitter)
            values, gradient = probe.gradient(shifted(images, shift), aim.node, aim)
            away = images - mean
            penalty = self.penalty * np.square(away / DEVIATION).sum((1, 2, 3))
            images = stirred(images, gradient, random, STIR)
            images = (images + self._step(shifted(gradient, back(shift)), away)).clip(0, 255)
            if step % self.blur_every == 0:
                images = blurred(images, self.blur)
            score = aim.response(values)
            yield journal.step(images, score=score, objective=score - penalty)
        scores = before_and_after(question, aim, scales, start, images)
        yield journal.end(images, scores, stretched(images, mean))

    def _step(self, gradient: Floats, away: Floats) -> Floats:
        """The change of pixels: rate times the gradient with respect to X, in pixels, within reach."""
        change = self.rate * (DEVIATION**2 * gradient - 2 * self.penalty * away)
        size = np.sqrt(np.square(change).mean((1, 2, 3), keepdims=True))
        found: Floats = change * np.minimum(1, self.reach / np.maximum(size, _FLAT))
        return found
