"""The image that a unit or channel likes best, made of independent colours and frequencies and seen from many sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import flag, integer, number
from .adam import Adam
from .journal import Journal
from .method import Method
from .parametrisation import Parametrisation
from .probe import Floats
from .progress import Progress
from .question import Question
from .scales import Scales
from .seeking import before_and_after, in_middle, sought, stirred
from .viewing import Size, View

_USUAL = 128  # pixels on a side, for which the published shifts are meant


@dataclass(frozen=True)
class FeatureVisualisation(Method):
    """Ascends a class score, a unit or a channel's mean by Adam, each step on the picture slightly moved and turned.

    The picture is the sigmoid of a spectrum in decorrelated colours. For pictures below 128 pixels padding and shifts
    are reduced in proportion. A network that reads images of one size only sees the padded picture reduced to it. A
    unit (row, column, channel) is looked for in the middle of the picture, wherever it was named.
    """

    iterations: int = integer(512, label="Iterations", help="Steps of Adam.", maximum=100_000)
    rate: float = number(0.05, label="Learning rate", help="Adam's step.", minimum=0.0)
    size: int = integer(
        0,
        label="Size",
        help="Height and width of the picture; 0 for 128 where the network reads that, else its own input.",
        minimum=0,
        maximum=4096,
        unit="px",
    )
    fourier: bool = flag(True, label="Fourier", help="Optimise the spectrum instead of the pixels.")
    decorrelated: bool = flag(True, label="Decorrelated", help="Optimise independent mixtures of the colours.")
    pad: int = integer(12, label="Padding", help="Grey around the picture.", minimum=0, maximum=1024, unit="px")
    jitter: int = integer(
        8, label="Jitter", help="Range of the random shift before turning.", minimum=0, maximum=1024, unit="px"
    )
    zoom: float = number(
        0.1, label="Zoom", help="Largest random change of scale, as a share.", minimum=0.0, maximum=0.9
    )
    turn: float = number(10.0, label="Turn", help="Largest random rotation.", minimum=0.0, maximum=180.0, unit="°")
    last_jitter: int = integer(
        4, label="Last jitter", help="Range of the random shift after turning.", minimum=0, maximum=1024, unit="px"
    )

    name = "feature_visualisation"
    title = "Feature visualisation"
    source = "Olah, Mordvintsev & Schubert 2017, Feature Visualization, Distill"
    summary = "What a unit, a channel or a class looks for, in natural colours."
    gives = "image"
    asks = frozenset({"target", "layer", "unit"})
    needs = frozenset()

    def steps(self, question: Question) -> Iterator[Progress]:
        aim = sought(question, self.title)
        scales = Scales(question, aim.node)
        picture = self._picture(question, scales)
        made = Parametrisation((1, *picture, question.model.network.input[2]), self.fourier, self.decorrelated)
        random, journal = question.random(), Journal(self, question, self.iterations)
        adam = Adam(made.start(random), self.rate)
        images = start = made.image(adam.params)
        for _ in range(self.iterations):
            view = self._view(question, scales, picture, random)
            matrix = view.matrix(picture)
            probe = scales.at(*view.size)
            wanted = in_middle(aim, probe)
            values, gradient = probe.gradient(view.seen(images, matrix), aim.node, wanted)
            adam.params[...] = stirred(adam.params, gradient, random, self.rate)
            adam.step(made.gradient(images, view.unseen(gradient, matrix, picture)))
            images = made.image(adam.params)
            yield journal.step(images, score=wanted.response(values))
        whole = [self._whole(one, question, scales) for one in (start, images)]
        shown = in_middle(aim, scales.at(*whole[0].shape[1:3]))
        yield journal.end(images, before_and_after(question, shown, scales, whole[0], whole[1]))

    def _picture(self, question: Question, scales: Scales) -> Size:
        if self.size:
            return self.size, self.size
        height, width, _ = question.model.network.input
        return (_USUAL, _USUAL) if scales.fits(_USUAL, _USUAL) else (height, width)

    def _view(self, question: Question, scales: Scales, picture: Size, random: np.random.Generator) -> View:
        """One random view; its size is what the network sees."""
        shrunk = min(1.0, min(picture) / _USUAL)
        jitters = [self.jitter * shrunk, self.last_jitter * shrunk]
        growth = round(2 * self.pad * shrunk - sum(jitters))
        extent = (max(1, picture[0] + growth), max(1, picture[1] + growth))
        size = extent if scales.fits(*extent) else question.model.network.input[:2]
        before, after = (random.uniform(-most / 2, most / 2, 2) for most in jitters)
        scale, angle = 1 + random.uniform(-self.zoom, self.zoom), random.uniform(-self.turn, self.turn)
        return View(
            (size[0], size[1]), extent, (before[0], before[1]), float(scale), float(angle), (after[0], after[1])
        )

    def _whole(self, images: Floats, question: Question, scales: Scales) -> Floats:
        """The picture in a size that the network reads."""
        size = (images.shape[1], images.shape[2])
        if scales.fits(*size):
            return images
        own = question.model.network.input[:2]
        view = View((own[0], own[1]), size)
        return view.seen(images, view.matrix(size))
