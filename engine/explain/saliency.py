"""Which pixels move the score most: the gradient of one number with respect to the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import choice
from .method import Method
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class Saliency(Method):
    """The largest absolute gradient over an image's channels, |∂S/∂x|, of a raw class score S or any unit.

    `extras["gradient"]` is the signed gradient (H, W, C).
    """

    over_channels: str = choice(
        "largest",
        ("largest", "sum"),
        label="Over channels",
        help="What is kept of the gradients of a pixel's colour channels: the largest magnitude or their sum.",
    )

    name = "saliency"
    title = "Saliency (data gradient)"
    source = "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 3"
    summary = "The pixels that move the score most."

    def steps(self, question: Question) -> Iterator[Progress]:
        aim = question.aim()
        values, gradient = question.probe.gradient(question.images, aim.node, aim)
        size = np.abs(gradient)
        heat = size.max(-1) if self.over_channels == "largest" else size.sum(-1)
        yield Progress.last(self.result(question, heat, aim.told(values), extras={"gradient": gradient}))
