"""Integrated gradients: what each pixel adds to the score on the way from a baseline to the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import choice, integer
from .method import Method
from .probe import CHUNK
from .progress import Progress
from .question import Floats, Question


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """(x − x₀) times the mean gradient along the straight line from the baseline x₀ to the image x.

    The attributions sum to S(x) − S(x₀) (completeness): `scores` holds both sides. The integral is a Gauss–Legendre
    sum. `extras["attributions"]` has them for each channel (H, W, C), signed; the map is their sum over channels.
    """

    points: int = integer(50, label="Steps", help="Points on the line at which gradients are taken.", maximum=2000)
    baseline: str = choice(
        "black",
        ("black", "mean", "white"),
        label="Baseline",
        help="The image that stands for nothing: black, the mean of the preprocessing, or white.",
    )

    name = "integrated_gradients"
    title = "Integrated gradients"
    source = "Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks, sections 3 and 5"
    summary = "What each pixel adds to the score; the parts sum to the whole."

    def steps(self, question: Question) -> Iterator[Progress]:
        aim, images, probe = question.aim(), question.images, question.probe
        start = self._baseline(question)
        places, weights = np.polynomial.legendre.leggauss(self.points)
        places, weights = (places + 1) / 2, weights / 2
        total = np.zeros(images.shape, np.float64)
        for begin in range(0, self.points, CHUNK):
            part = slice(begin, min(begin + CHUNK, self.points))
            for number, image in enumerate(images):
                at = places[part].astype(np.float32)[:, None, None, None]
                line = start[number] + at * (image - start[number])
                _, gradient = probe.gradient(line, aim.node, aim.of(number))
                total[number] += np.tensordot(weights[part], gradient.astype(np.float64), 1)
            if part.stop < self.points:
                yield Progress(part.stop, self.points, question.shown(self._map(total, images - start)))
        attributions = (total * (images - start)).astype(np.float32)
        values, before = (probe.values(given, aim.node)[aim.node] for given in (images, start))
        scores = {**aim.told(values), "baseline": aim.response(before).tolist()}
        scores["sum"] = [float(one.sum(dtype=np.float64)) for one in attributions]
        heat = attributions.sum(-1)
        found = self.result(question, heat, scores, extras={"attributions": attributions})
        yield Progress.last(found, self.points)

    def _map(self, total: np.ndarray, difference: Floats) -> Floats:
        heat: Floats = (total * difference).sum(-1).astype(np.float32)
        return heat

    def _baseline(self, question: Question) -> Floats:
        if self.baseline == "mean":
            return np.repeat(question.mean_image()[None], len(question.images), 0)
        return np.full_like(question.images, 0 if self.baseline == "black" else 255)
