"""Shifting, turning and bending."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....spec import choice, flag, number
from ..base import BORDERS, Geometric
from ..draws import Draws, each
from ..plane import Size, Way, about, centre, linear, shift

_BORDER_HELP = "What is seen where the image ends."


@dataclass(frozen=True)
class Translation(Geometric):
    """The image shifted by a random share of its sides, in both directions."""

    share: float = number(0.1, label="Share", help="Longest shift, as a share of the side.", minimum=0.0, maximum=1.0)
    whole: bool = flag(True, label="Whole pixels", help="Shifts by whole pixels copy exactly; others interpolate.")
    border: str = choice("zeros", BORDERS, label="Border", help=_BORDER_HELP)

    name = "translation"
    title = "Shift"
    summary = "Shifts the image by a random part of its height and width."
    source = "LeCun et al. 1998; Simard et al. 2003"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        moved = [draws.uniform(-self.share, self.share) * side for side in frame]
        down, right = (np.rint(by) for by in moved) if self.whole else moved
        return Way(shift(len(draws), -down, -right))


@dataclass(frozen=True)
class Rotation(Geometric):
    """The image turned about its centre by a random angle."""

    degrees: float = number(
        15.0, label="Angle", help="Largest angle, to either side.", minimum=0.0, maximum=180.0, unit="°"
    )
    border: str = choice("zeros", BORDERS, label="Border", help=_BORDER_HELP)

    name = "rotation"
    title = "Turn"
    summary = "Turns the image about its centre."
    source = "Simard et al. 2003"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        angle = draws.uniform(-self.degrees, self.degrees) * (math.pi / 180)
        cos, sin = each(math.cos, angle), each(math.sin, angle)
        return Way(about(frame, frame, linear(len(draws), cos, sin, -sin, cos)))


@dataclass(frozen=True)
class Stretch(Geometric):
    """Height and width multiplied by random factors about the centre."""

    strength: float = number(
        0.2, label="Strength", help="Factors lie between 1/(1 + strength) and 1 + strength.", minimum=0.0, maximum=3.0
    )
    together: bool = flag(False, label="Keep shape", help="One factor for height and width: nearer and farther.")
    border: str = choice("zeros", BORDERS, label="Border", help=_BORDER_HELP)

    name = "stretch"
    title = "Stretch"
    summary = "Stretches or shrinks the image about its centre."
    source = "LeCun et al. 1998; Simard et al. 2003"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        most = math.log1p(self.strength)
        down = each(math.exp, draws.uniform(-most, most))
        across = down if self.together else each(math.exp, draws.uniform(-most, most))
        return Way(about(frame, frame, linear(len(draws), 1 / down, 0.0, 0.0, 1 / across)))


@dataclass(frozen=True)
class Shear(Geometric):
    """Rows shifted against each other: upright lines lean by a random angle."""

    degrees: float = number(
        10.0, label="Angle", help="Largest angle, to either side.", minimum=0.0, maximum=60.0, unit="°"
    )
    border: str = choice("zeros", BORDERS, label="Border", help=_BORDER_HELP)

    name = "shear"
    title = "Shear"
    summary = "Makes upright lines lean."
    source = "LeCun et al. 1998 (horizontal shearing)"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        lean = each(math.tan, draws.uniform(-self.degrees, self.degrees) * (math.pi / 180))
        return Way(about(frame, frame, linear(len(draws), 1.0, 0.0, lean, 1.0)))


@dataclass(frozen=True)
class LensDistortion(Geometric):
    """Lines bent as by a lens: a point at radius r is read at r · (1 + k·r²), with r = 1 in the corners.

    Positive k is a barrel, which reads beyond the image in the corners; negative k is a pincushion. Below −1/3 the
    image would fold over.
    """

    strength: float = number(
        0.15, label="Strength", help="Largest |k|, half barrels and half pincushions.", minimum=0.0, maximum=0.3
    )
    border: str = choice("zeros", BORDERS, label="Border", help=_BORDER_HELP)

    name = "lens"
    title = "Lens distortion"
    summary = "Bends straight lines as wide and long lenses do."
    source = "Brown 1971 (first radial term)"

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        y, x = centre(frame)
        corner = max(y * y + x * x, 0.25)
        return Way(shift(len(draws)), draws.uniform(-self.strength, self.strength) / corner)
