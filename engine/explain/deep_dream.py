"""DeepDream: whatever a layer sees in an image, made stronger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from ..data.preprocess import resized
from ..spec.param import flag, integer, number
from .dream_aim import DreamAim
from .journal import Journal
from .method import Method
from .octaves import Size, octave_sizes
from .probe import Floats
from .progress import Progress
from .pyramid import levelled
from .question import Question
from .result import Kind
from .scales import Scales
from .smoothing import back, drawn_shift, shifted
from .tiles import Tiled

_LEVELS = 4  # bands of the Laplacian pyramid
_FLAT = np.float32(1e-12)  # mean gradient of a picture that moves nothing


@dataclass(frozen=True)
class DeepDream(Method):
    """Ascends ½‖a‖² of a layer's values a (of one channel if a unit is named), from small pictures to large.

    Each octave begins with the image in its size and the detail that the smaller ones added. Each step goes
    step · g/mean∣g∣ along the gradient g of the picture, shifted at random. With a second image as guide each position
    of the layer grows towards the guide's values that it resembles most, by dot product. `figures["score"]` is the mean
    of what is ascended over the layer's values. Pixels stay between 0 and 255.
    """

    iterations: int = integer(10, label="Iterations", help="Steps in each octave.", maximum=10_000)
    rate: float = number(1.5, label="Step", help="Mean change of a pixel in a step.", minimum=0.0, unit="px")
    octaves: int = integer(
        0,
        label="Octaves",
        help="Sizes of the picture; 0 for four, or as many as the network can read.",
        minimum=0,
        maximum=32,
    )
    ratio: float = number(
        1.4, label="Octave ratio", help="Each octave is so many times larger than the last.", minimum=1.01, maximum=16.0
    )
    jitter: int = integer(
        32, label="Jitter", help="Largest random shift before each step.", minimum=0, maximum=10_000, unit="px"
    )
    pyramid: bool = flag(
        False, label="Laplacian pyramid", help="Bring coarse and fine parts of the gradient to the same strength."
    )
    tile: int = integer(
        512, label="Tile", help="Larger pictures are run in tiles of this side; 0 for never.", minimum=0, unit="px"
    )

    name = "deep_dream"
    title = "DeepDream"
    source = "Mordvintsev, Olah & Tyka 2015, Inceptionism, and the notebook published with it"
    summary = "Whatever a layer sees in an image, made stronger."
    gives: ClassVar[Kind] = "image"
    asks = frozenset({"image", "layer", "unit", "second image"})
    needs = frozenset({"image", "layer"})
    any_size = True

    def steps(self, question: Question) -> Iterator[Progress]:
        aim, scales, sizes = self.prepared(question)
        journal = Journal(self, question, len(sizes) * self.iterations)
        random = question.random()
        for whole, score in self.dream(question.images, aim, scales, sizes, random):
            yield journal.step(whole, score=score)
        images = whole()
        yield journal.end(images, self.compared(aim, scales, question.images, images))

    def prepared(self, question: Question) -> tuple[DreamAim, Scales, list[Size]]:
        """What is ascended, where, and the octaves' sizes."""
        scales = Scales(question, str(question.layer))
        sizes = octave_sizes(scales, question.images.shape[1:3], self.octaves, self.ratio)
        return DreamAim.of(question, scales), scales, sizes

    def dream(
        self, base: Floats, aim: DreamAim, scales: Scales, sizes: list[Size], random: np.random.Generator
    ) -> Iterator[tuple[Callable[[], Floats], Floats]]:
        """After each step: what makes the images (N, H, W, C) in full size, and the score (N,) before it."""
        tiled, detail = Tiled(scales, self.tile), np.zeros_like(base)
        for size in sizes:
            small = resized(base, size, "bilinear")
            images = (small + resized(detail, size, "bilinear")).clip(0, 255)
            for _ in range(self.iterations):
                shift = drawn_shift(random, self.jitter)
                score, gradient = tiled.gradient(shifted(images, shift), aim.seed, aim.score)
                images = self._stepped(images, shifted(gradient, back(shift)))
                detail = images - small
                yield partial(_whole, base, images, detail), score

    def compared(self, aim: DreamAim, scales: Scales, before: Floats, after: Floats) -> dict[str, object]:
        """The score of the first and of the last images."""
        tiled = Tiled(scales, self.tile)
        scores = [tiled.score(images, aim.score).tolist() for images in (before, after)]
        return {"node": scales.node, "channel": aim.channel, "before": scores[0], "after": scores[1]}

    def _stepped(self, images: Floats, gradient: Floats) -> Floats:
        if self.pyramid:
            gradient = levelled(gradient, _LEVELS)
        size = np.maximum(np.abs(gradient).mean((1, 2, 3), keepdims=True), _FLAT)
        found: Floats = (images + np.float32(self.rate) * gradient / size).clip(0, 255)
        return found


def _whole(base: Floats, images: Floats, detail: Floats) -> Floats:
    """The images in full size with the detail so far."""
    size = (base.shape[1], base.shape[2])
    return images if images.shape == base.shape else (base + resized(detail, size, "bilinear")).clip(0, 255)
