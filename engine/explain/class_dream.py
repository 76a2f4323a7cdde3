"""DeepDream without an image: a class grown from noise, from coarse to fine, in a picture that grows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..data.preprocess import resized
from ..spec.param import choice, integer, number
from .aim import Aim
from .journal import Journal
from .method import Method
from .priors import total_variation
from .probe import Floats, Probe
from .progress import Progress
from .question import Question
from .scales import Scales
from .seeking import STIR, before_and_after, sought, stirred
from .smoothing import back, blurred, drawn_shift, share, shifted

_LIGHT = 200.0  # the grey that is begun with
_GRAIN = 8.0  # standard deviation of the noise on it
_OFF_CENTRE = 0.3  # standard deviation of where a crop lies, as a share of the room there is
_FLAT = np.float32(1e-12)


@dataclass(frozen=True)
class Stage:
    """Steps at one size of the picture; blur (pixels) and step (pixels) go evenly from the first value to the last."""

    steps: int
    blur: tuple[float, float]
    rate: tuple[float, float]

    def at(self, step: int) -> tuple[float, float]:
        """Blur and rate of a step."""
        done = step / self.steps
        return _between(self.blur, done), _between(self.rate, done)


@dataclass(frozen=True)
class ClassDream(Method):
    """Ascends a class score from light grey noise in three octaves, each step followed by a blur that shrinks.

    Neighbouring pixels are held together by a penalty besides, λ·TV, in units of the gradient's mean size. The picture
    grows from octave to octave; the network sees a random crop of it in its own input's size. An image, if given, takes
    the place of the noise. Blurs are meant for inputs of 224 pixels and shrink with the square root of smaller ones,
    the penalty in proportion. Pixels stay between 0 and 255.
    """

    start: str = choice(
        "light", ("light", "noise"), label="Start", help="Light grey with a little noise, or noise around the mean."
    )
    first: int = integer(190, label="First steps", help="Steps at the network's own size.", maximum=100_000)
    second: int = integer(150, label="Second steps", help="Steps one octave larger.", minimum=0, maximum=100_000)
    third: int = integer(150, label="Third steps", help="Steps two octaves larger.", minimum=0, maximum=100_000)
    ratio: float = number(
        1.2, label="Octave ratio", help="Each octave is so many times larger than the last.", minimum=1.0, maximum=4.0
    )
    rate: float = number(11.0, label="Step", help="Mean change of a pixel in the first steps.", minimum=0.0)
    blur: float = number(
        2.5, label="First blur", help="Standard deviation of the first blur.", minimum=0.0, maximum=100.0, unit="px"
    )
    last_blur: float = number(
        0.78,
        label="Last blur",
        help="What it falls to in the first octaves.",
        minimum=0.0,
        maximum=100.0,
        unit="px",
    )
    correlation: float = number(
        0.01, label="Correlation", help="Weight λ of the penalty on differences between neighbours.", minimum=0.0
    )
    jitter: int = integer(
        8, label="Jitter", help="Largest random shift before each step.", minimum=0, maximum=10_000, unit="px"
    )

    name = "class_dream"
    title = "DeepDream of a class"
    source = "Øygard 2015, Visualizing GoogLeNet Classes; prior: Mordvintsev, Olah & Tyka 2015, Inceptionism"
    summary = "A class grown from noise, coarse structure first."
    gives = "image"
    asks = frozenset({"image", "target"})
    needs = frozenset({"target"})

    def steps(self, question: Question) -> Iterator[Progress]:
        aim = sought(question, self.title)
        scales, random = Scales(question, aim.node), question.random()
        probe, images = scales.at(*question.images.shape[1:3]), self._start(question, random)
        first, window = images, images.shape[1:3]
        journal = Journal(self, question, self.first + self.second + self.third)
        for octave, stage in enumerate(self._stages(share(window))):
            growth = self.ratio**octave
            images = resized(images, (round(window[0] * growth), round(window[1] * growth)), "bilinear")
            for step in range(stage.steps):
                crop = _crop(images, window, random)
                part, score = self._stepped(probe, aim, images[crop], stage.at(step), random)
                images = images.copy()
                images[crop] = part
                yield journal.step(images, score=score)
        whole = resized(images, (window[0], window[1]), "bilinear")
        yield journal.end(images, before_and_after(question, aim, scales, first, whole))

    def _stages(self, size: float) -> list[Stage]:
        """The published schedule around the parameters, for an input of this share of the usual size.

        The rate falls to 6/11, then to 3/11 of the first.
        """
        wide, low = self.blur * math.sqrt(size), self.last_blur * math.sqrt(size)
        high, slow = low * 1.2, self.rate * 6 / 11
        stages = [
            Stage(self.first, (wide, low), (self.rate, self.rate)),
            Stage(self.second, (high, low), (slow, slow)),
            Stage(self.third, (high, low * 0.44 / 0.78), (slow, slow / 2)),
        ]
        return [stage for stage in stages if stage.steps]

    def _start(self, question: Question, random: np.random.Generator) -> Floats:
        images = question.images
        if question.given:
            return images
        level, grain = (_LIGHT, _GRAIN) if self.start == "light" else (images, 4 * _GRAIN)
        return random.normal(level, grain, images.shape).clip(0, 255).astype(np.float32)

    def _stepped(
        self, probe: Probe, aim: Aim, images: Floats, at: tuple[float, float], random: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """The crop one step on, and the scores before it."""
        blur, rate = at
        shift = drawn_shift(random, self.jitter)
        values, gradient = probe.gradient(shifted(images, shift), aim.node, aim)
        direction = shifted(gradient, back(shift))
        direction = direction / np.maximum(np.abs(direction).mean((1, 2, 3), keepdims=True), _FLAT)
        images = stirred(images, gradient, random, STIR)
        _, rough = total_variation(images)
        hold = np.float32(self.correlation * share(images.shape[1:3]))
        moved = images + np.float32(rate) * (direction - hold * rough)
        return blurred(moved.clip(0, 255), blur), aim.response(values)


def _crop(images: Floats, window: tuple[int, ...], random: np.random.Generator) -> tuple[slice, ...]:
    """A random part of the network's size, mostly around the middle."""
    crop = [slice(None)]
    for length, wanted in zip(images.shape[1:3], window):
        room = length - wanted
        first = int(np.clip(random.normal(room / 2, room * _OFF_CENTRE), 0, room))
        crop.append(slice(first, first + wanted))
    return tuple(crop)


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share
