"""Mirror images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....spec import number
from ..base import Geometric
from ..draws import Draws
from ..plane import Size, Way, about, linear


@dataclass(frozen=True)
class Flip(Geometric):
    """Left and right exchanged."""

    probability: float = number(
        0.5, label="Probability", help="Share of the images that are mirrored.", minimum=0.0, maximum=1.0
    )

    name = "flip"
    title = "Flip left and right"
    summary = "Mirrors a random share of the images at their vertical axis."
    source = "Krizhevsky et al. 2012, §4.1"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        sign = np.where(draws.chance(self.probability), -1.0, 1.0)
        return Way(about(frame, frame, linear(len(draws), 1.0, 0.0, 0.0, sign)))


@dataclass(frozen=True)
class FlipVertical(Geometric):
    """Top and bottom exchanged: for images that have no up and down, such as those from above."""

    probability: float = number(
        0.5, label="Probability", help="Share of the images that are mirrored.", minimum=0.0, maximum=1.0
    )

    name = "flip-vertical"
    title = "Flip top and bottom"
    summary = "Mirrors a random share of the images at their horizontal axis."
    source = "in general use for images without up and down"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        sign = np.where(draws.chance(self.probability), -1.0, 1.0)
        return Way(about(frame, frame, linear(len(draws), sign, 0.0, 0.0, 1.0)))
