"""Pictures that a layer cannot tell from the one it saw: what its values still know of the image."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..spec import ConvscopeError
from ..spec.param import choice, integer, number
from .class_image import DEVIATION
from .descent import Descent
from .journal import Journal
from .method import Method
from .priors import sixth_norm, total_variation
from .probe import Floats, Probe
from .progress import Progress
from .question import Question
from .scales import Scales

Doubles = NDArray[np.float64]
_BY_DEPTH = "by depth"
_SMOOTHNESS = {"weak": 1.0, "medium": 10.0, "strong": 100.0}
"""Weights of the total variation that were published for early, middle and late layers."""


@dataclass(frozen=True)
class Inversion(Method):
    """Descends σ²·‖Φ(X) − Φ₀‖²/‖Φ₀‖² + λ·TV(X) + μ·‖X‖₆⁶, halved, from noise, by gradient descent with momentum.

    X is the image minus the mean image in pixels, Φ the layer's values, Φ₀ those of the image asked of, σ the norm
    of an image of ImageNet's deviation. The rate falls to a tenth after a quarter and again after three quarters of
    the iterations, each time with fresh momentum; a picture that overshoots goes back and takes shorter steps. All
    reconstructions, each from its own noise, are worked on as one batch; with several the result begins with their
    axis, those of the first image first. Errors are ‖Φ − Φ₀‖²/‖Φ₀‖²; that of the picture itself is told beside
    them.
    """

    reconstructions: int = integer(
        1, label="Reconstructions", help="Pictures, each from noise of its own.", maximum=256
    )
    iterations: int = integer(400, label="Iterations", help="Steps of gradient descent.", maximum=100_000)
    rate: float = number(0.004, label="Learning rate", help="The rate of the first quarter.", minimum=0.0)
    smoothness: str = choice(
        _BY_DEPTH,
        (_BY_DEPTH, *_SMOOTHNESS),
        label="Smoothness",
        help="Weight of the total variation: 1, 10 or 100; by depth for the first, second and last third of layers.",
    )
    range_penalty: float = number(
        8e-10, label="Range penalty", help="Weight of the sixth power of pixels around the mean.", minimum=0.0
    )

    name = "inversion"
    title = "Inversion"
    source = "Mahendran & Vedaldi 2015, Understanding Deep Image Representations by Inverting Them"
    summary = "Pictures with the same values in a layer: what it still knows of the image."
    gives = "image"
    asks = frozenset({"image", "layer"})
    needs = frozenset({"image", "layer"})
    any_size = True

    def steps(self, question: Question) -> Iterator[Progress]:
        question.aim()  # the layer exists
        layer = str(question.layer)
        probe, mean = Scales(question, layer).at(*question.images.shape[1:3]), question.mean_image()
        wanted = probe.values(question.images, layer)[layer]
        size = _square(wanted)
        if not size.all():
            raise ConvscopeError(f"{layer} is zero everywhere for this image, so nothing is left to invert.")
        question, wanted, size = self._several(question, wanted, size)
        descent, before = Descent(self._noise(question)), None
        journal, smoothness = Journal(self, question, self.iterations), self._smoothness(question)
        for step in range(self.iterations):
            x = descent.x
            error, downhill = self._data_term(probe, x + mean, layer, wanted, size)
            variation, rough = total_variation(x)
            far, outwards = sixth_norm(x)
            before = error if before is None else before
            objective = (self._energy(x) * error + smoothness * variation + self.range_penalty * far) / 2
            descent.step(
                objective, (downhill + smoothness * rough + self.range_penalty * outwards) / 2, self._rate(step)
            )
            yield journal.step((descent.x + mean).clip(0, 255), error=error, objective=objective)
        images = (descent.best + mean).clip(0, 255)
        after, _ = self._data_term(probe, images, layer, wanted, size)
        assert before is not None  # there is one iteration at least
        apart = _square(images - question.images) / np.maximum(_square(question.images - mean), 1)
        errors = {"error before": before, "error after": after, "image error after": apart}
        yield journal.end(images, {"node": layer, **{name: of.tolist() for name, of in errors.items()}})

    def _several(self, question: Question, wanted: Floats, size: Doubles) -> tuple[Question, Floats, Doubles]:
        """Every image, its values and their norms as often as it is to be reconstructed."""
        count = self.reconstructions
        if count == 1:
            return question, wanted, size
        several = dataclasses.replace(question, images=np.repeat(question.images, count, axis=0), batched=True)
        return several, np.repeat(wanted, count, axis=0), np.repeat(size, count)

    def _noise(self, question: Question) -> Floats:
        """Starts around the mean image; each reconstruction of an image has random numbers of its own."""
        shape = question.images.shape[1:]
        each = [question.random(k).normal(0, DEVIATION, shape) for k in range(self.reconstructions)]
        return np.stack(each * (len(question.images) // self.reconstructions)).astype(np.float32)

    def _data_term(
        self, probe: Probe, images: Floats, layer: str, wanted: Floats, size: Doubles
    ) -> tuple[Doubles, Floats]:
        """‖Φ − Φ₀‖²/‖Φ₀‖² of each image, and its gradient times σ²."""
        across = (-1, *(1,) * (wanted.ndim - 1))
        weight = (2 * self._energy(images) / size).astype(np.float32).reshape(across)
        values, gradient = probe.gradient(images, layer, lambda v: weight * (v - wanted), chunk=len(images))
        error = _square(values - wanted) / size
        return error, gradient

    def _energy(self, images: Floats) -> float:
        """σ²: the squared norm of an image of this size with ImageNet's deviation."""
        return DEVIATION**2 * images[0].size

    def _rate(self, step: int) -> float:
        quarter = 4 * step / self.iterations
        return self.rate * (1.0 if quarter < 1 else 0.1 if quarter < 3 else 0.01)

    def _smoothness(self, question: Question) -> float:
        """λ: as chosen, or by where among the layers with weights the layer stands."""
        if self.smoothness != _BY_DEPTH:
            return _SMOOTHNESS[self.smoothness]
        network = question.model.network
        learned = {name.rpartition(".")[0] for name, of in network.weights().items() if len(of.shape) > 1}
        layer = str(question.layer)
        seen = learned & (network.ancestors(layer) | {layer})
        third = min(2, 3 * max(0, len(seen) - 1) // max(1, len(learned)))
        return list(_SMOOTHNESS.values())[third]


def _square(of: Floats) -> Doubles:
    """The squared norm of each of N arrays, (N,)."""
    found: Doubles = np.square(of, dtype=np.float64).reshape(len(of), -1).sum(1)
    return found
