"""SmoothGrad: saliency averaged over noisy copies of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import flag, integer, number
from .method import Method
from .probe import CHUNK
from .progress import Progress
from .question import Floats, Question


@dataclass(frozen=True)
class SmoothGrad(Method):
    """The mean gradient of copies with Gaussian noise; its size over channels is shown.

    `extras["gradient"]` is the signed mean (H, W, C). Each copy has its own random numbers, the same for every image,
    so that the result does not depend on how copies and images are batched.
    """

    samples: int = integer(25, label="Samples", help="Noisy copies to average over.", maximum=10_000)
    noise: float = number(
        0.15,
        label="Noise",
        help="Standard deviation of the noise as a share of the image's range of values.",
        minimum=0.0,
        maximum=1.0,
    )
    squared: bool = flag(False, label="Squared", help="Average the squared gradients instead (SmoothGrad-Squared).")

    name = "smoothgrad"
    title = "SmoothGrad"
    source = "Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, SmoothGrad, section 3"
    summary = "Saliency without its grain: averaged over noisy copies."

    def steps(self, question: Question) -> Iterator[Progress]:
        aim, images = question.aim(), question.images
        total = np.zeros(images.shape, np.float64)
        for start in range(0, self.samples, CHUNK):
            stop = min(start + CHUNK, self.samples)
            for which, image in enumerate(images):
                noisy = np.stack([self._noisy(image, question, sample) for sample in range(start, stop)])
                _, gradient = question.probe.gradient(noisy, aim.node, aim.of(which))
                total[which] += (np.square(gradient) if self.squared else gradient).sum(0, dtype=np.float64)
            mean = (total / stop).astype(np.float32)
            if stop < self.samples:
                yield Progress(stop, self.samples, question.shown(np.abs(mean).max(-1)))
        values = question.probe.values(images, aim.node)[aim.node]
        heat, extras = np.abs(mean).max(-1), {"gradient": mean}
        found = self.result(question, heat, aim.told(values), extras=extras)
        yield Progress.last(found, self.samples)

    def _noisy(self, image: Floats, question: Question, sample: int) -> Floats:
        spread = self.noise * float(np.ptp(image))
        random = question.random(sample)
        return image + random.normal(0, 1, image.shape).astype(np.float32) * np.float32(spread)
