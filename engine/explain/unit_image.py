"""The image that a unit likes best, under regularisation that keeps it readable."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..spec.param import choice, integer, number
from .contrast import stretched
from .journal import Journal
from .method import Method
from .probe import Floats
from .progress import Progress
from .question import Question
from .scales import Scales
from .seeking import STIR, before_and_after, centred, sought, stirred
from .smoothing import blurred, share

_OWN = "own"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "small norm": {"blur": 0.5, "blur_every": 4, "small_norm": 50.0},
    "decay": {"decay": 0.3, "small_norm": 20.0, "rule": "constant", "rate": 100.0},
    "blur": {"decay": 1e-4, "blur": 1.0, "blur_every": 4, "rule": "constant", "rate": 100.0},
    "small contribution": {"blur": 0.5, "blur_every": 4, "small_contribution": 90.0, "rate": 1e8},
}
"""The paper's table 1; what a preset does not name is off, the rule "progress"."""
_OFF = {"decay": 0.0, "blur": 0.0, "blur_every": 4, "small_norm": 0.0, "small_contribution": 0.0}
_RULE = {"rule": "progress", "rate": 100.0, "desired": 2.0}
_ITERATIONS = {"small norm": 500, "decay": 750, "blur": 1000, "small contribution": 1000, _OWN: 500}
"""Published with the paper's code, as are the rates."""


@dataclass(frozen=True)
class UnitImage(Method):
    """Ascends a class score or any unit of any layer, with decay, blur and pixels set to the mean; keeps the best.

    A unit of a map is (row, column, channel), a channel alone its middle unit. Each iteration steps along the gradient,
    shrinks the picture towards the mean image, blurs it, and clears the pixels that are close to the mean or contribute
    little, ∣Σ x·∂S/∂x∣ over the colours. The picture with the highest response is the result, not the last. Pixels stay
    between 0 and 255. Without an image it starts from noise around the mean image. Blurs are meant for 224 pixels and
    shrink with the square root of smaller pictures; constant rates are meant for networks on ImageNet, and small ones
    may need larger ones.
    """

    preset: str = choice(
        "small norm",
        (*PRESETS, _OWN),
        label="Preset",
        help="A published combination, which sets everything below but the iterations, or your own.",
    )
    iterations: int = integer(
        0, label="Iterations", help="Steps of gradient ascent; 0 for as many as published.", minimum=0, maximum=100_000
    )
    decay: float = number(
        0.0, label="Decay", help="Share of the distance to the mean image lost a step.", minimum=0.0, maximum=1.0
    )
    blur: float = number(
        0.5, label="Blur", help="Standard deviation of the blur.", minimum=0.0, maximum=100.0, unit="px"
    )
    blur_every: int = integer(4, label="Steps per blur", help="Steps from one blur to the next.")
    small_norm: float = number(
        50.0,
        label="Clear small norms",
        help="Pixels closest to the mean that are cleared each step.",
        minimum=0.0,
        maximum=100.0,
        unit="%",
    )
    small_contribution: float = number(
        0.0,
        label="Clear small contributions",
        help="Pixels contributing least that are cleared each step.",
        minimum=0.0,
        maximum=100.0,
        unit="%",
    )
    rule: str = choice(
        "progress",
        ("progress", "constant"),
        label="Learning rate rule",
        help="A rate for the desired progress, desired/‖gradient‖², up to the rate given; or always the rate given.",
    )
    rate: float = number(100.0, label="Learning rate", help="The rate, or the largest one.", minimum=0.0)
    desired: float = number(2.0, label="Desired progress", help="Rise of the response wanted a step.", minimum=0.0)

    name = "unit_image"
    title = "Unit image"
    source = "Yosinski, Clune, Nguyen, Fuchs & Lipson 2015, Understanding Neural Networks Through Deep Visualization"
    summary = "The picture that any unit of any layer likes best."
    gives = "image"
    needs = frozenset()
    any_size = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self._preset().items():
            object.__setattr__(self, name, value)
        if not self.iterations:
            object.__setattr__(self, "iterations", _ITERATIONS[self.preset])

    def replace(self, /, **changes: Any) -> Self:
        """As of any declaration; another preset also takes the place of what the last one had set."""
        if changes.get("preset", self.preset) != self.preset:
            changes = {**{name: param.default for name, param in self.params().items()}, **changes}
        return super().replace(**changes)

    def parameter_problems(self) -> list[str]:
        declared = self.params()
        return [
            f'{declared[name].label.lower()} {getattr(self, name)}: the preset sets {value}; use preset "{_OWN}"'
            for name, value in self._preset().items()
            if getattr(self, name) not in {declared[name].default, value}
        ]

    def _preset(self) -> dict[str, Any]:
        return {} if self.preset == _OWN else {**_OFF, **_RULE, **PRESETS[self.preset]}

    def steps(self, question: Question) -> Iterator[Progress]:
        aim = sought(question, self.title)
        scales, mean = Scales(question, aim.node), question.mean_image()
        probe = scales.at(*question.images.shape[1:3])
        aim = centred(aim, probe)
        random = question.random()
        start = self._start(question, random)
        images, best, highest = start, start, np.full(len(start), -np.inf, np.float32)
        journal = Journal(self, question, self.iterations)
        for step in range(1, self.iterations + 1):
            values, gradient = probe.gradient(images, aim.node, aim)
            score = aim.response(values)
            better = score > highest
            highest = np.where(better, score, highest)
            best = np.where(better[:, None, None, None], images, best)
            images = self._regularised(images - mean, gradient, step) + mean
            images = stirred(images, gradient, random, STIR).clip(0, 255)
            yield journal.step(best, score=score, best=highest)
        last = aim.response(probe.values(images, aim.node)[aim.node])
        best = np.where((last > highest)[:, None, None, None], images, best)
        scores = before_and_after(question, aim, scales, start, best)
        yield journal.end(best, scores, stretched(best, mean))

    def _start(self, question: Question, random: np.random.Generator) -> Floats:
        if question.given:
            return question.images
        noise = random.normal(0, STIR, question.images.shape[1:])
        return (question.images + noise).clip(0, 255).astype(np.float32)

    def _regularised(self, x: Floats, gradient: Floats, step: int) -> Floats:
        """The next picture, both as differences from the mean image."""
        contribution = np.abs((x * gradient).sum(-1, keepdims=True)) if self.small_contribution else None
        x = (x + self._rates(gradient) * gradient) * np.float32(1 - self.decay)
        if step % self.blur_every == 0:
            x = blurred(x, self.blur * math.sqrt(share(x.shape[1:3])))
        if self.small_norm:
            x = _cleared(x, np.linalg.norm(x, axis=-1, keepdims=True), self.small_norm)
        return x if contribution is None else _cleared(x, contribution, self.small_contribution)

    def _rates(self, gradient: Floats) -> Floats:
        """The learning rate of each image, (N, 1, 1, 1)."""
        square = np.square(gradient, dtype=np.float64).sum((1, 2, 3), keepdims=True)
        if self.rule == "constant":
            return np.full(square.shape, self.rate, np.float32)
        return np.minimum(self.desired / np.maximum(square, np.finfo(np.float64).tiny), self.rate).astype(np.float32)


def _cleared(x: Floats, size: Floats, percent: float) -> Floats:
    """Pixels whose `size` (N, H, W, 1) is below this percentile of their image's are 0."""
    found: Floats = x * (size >= np.percentile(size, percent, axis=(1, 2, 3), keepdims=True))
    return found
