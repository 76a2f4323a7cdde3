"""Windows of the network's size, cut out of an image at random places and scales."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....spec import choice, integer, number
from ..base import BORDERS, Floats, Geometric
from ..draws import Draws, each
from ..plane import Size, Way, linear, shift


@dataclass(frozen=True)
class RandomCrop(Geometric):
    """A window of the network's size at a random place of the padded image, by whole pixels: an exact copy.

    Images smaller than the window are first brought to its size.
    """

    padding: int = integer(
        4, label="Padding", help="Pixels added to every side before the window is cut out.", minimum=0, maximum=4096,
        unit="px",
    )  # fmt: skip
    border: str = choice("zeros", BORDERS, label="Border", help="What the padding shows.")

    name = "crop"
    title = "Random crop"
    summary = "Cuts a window of the network's size out of the padded image."
    source = "Krizhevsky et al. 2012, §4.1; padded by 4: He et al. 2016, §4.2"
    makes_size = True

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        room = [side + 2 * self.padding - cut for side, cut in zip(frame, window)]
        down, right = (draws.whole(0, free).astype(np.float64) - self.padding for free in room)
        return Way(shift(len(draws), down, right))


@dataclass(frozen=True)
class RandomResizedCrop(Geometric):
    """A rectangle of random area, shape and place within the image, enlarged or reduced to the network's size.

    A rectangle that would not fit is shortened to the image's sides.
    """

    scale_min: float = number(
        0.08, label="Least area", help="Smallest share of the image that is seen.", minimum=0.0, maximum=1.0,
        open_ends=True,
    )  # fmt: skip
    scale_max: float = number(
        1.0, label="Most area", help="Largest share of the image that is seen.", minimum=0.01, maximum=1.0
    )
    ratio_min: float = number(
        3 / 4, label="Narrowest", help="Least width of the rectangle for its height.", minimum=0.1, maximum=10.0
    )
    ratio_max: float = number(
        4 / 3, label="Widest", help="Largest width of the rectangle for its height.", minimum=0.1, maximum=10.0
    )

    name = "resized-crop"
    title = "Random resized crop"
    summary = "Shows a random part of the image at the network's size."
    source = "Szegedy et al. 2015, §6"
    makes_size = True

    def parameter_problems(self) -> list[str]:
        pairs = (("area", self.scale_min, self.scale_max), ("width for height", self.ratio_min, self.ratio_max))
        reason = "least {} {:g} exceeds the largest {:g}: exchange them"
        return [reason.format(*pair) for pair in pairs if pair[1] > pair[2]]

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        area = draws.uniform(self.scale_min, self.scale_max) * (frame[0] * frame[1])
        ratio = each(math.exp, draws.uniform(math.log(self.ratio_min), math.log(self.ratio_max)))
        height = np.minimum(np.sqrt(area / ratio), frame[0])
        width = np.minimum(np.sqrt(area * ratio), frame[1])
        return Way(_window(draws, frame, window, height, width))


@dataclass(frozen=True)
class ShortSideCrop(Geometric):
    """The image scaled so that its shorter side has a random length, then a window of the network's size out of it."""

    short_min: int = integer(
        256, label="Least short side", help="Smallest length of the shorter side.", minimum=1, maximum=16384, unit="px"
    )
    short_max: int = integer(
        480, label="Most short side", help="Largest length of the shorter side.", minimum=1, maximum=16384, unit="px"
    )

    name = "short-side-crop"
    title = "Random scale and crop"
    summary = "Scales the shorter side to a random length, then crops to the network's size."
    source = "Simonyan & Zisserman 2015, §3.1; 256–480: He et al. 2016, §3.4"
    makes_size = True

    def parameter_problems(self) -> list[str]:
        if self.short_min <= self.short_max:
            return []
        return [f"least short side {self.short_min} exceeds the largest {self.short_max}: exchange them"]

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        factor = min(frame) / draws.whole(self.short_min, self.short_max)  # image pixels for one of the scaled image
        return Way(_window(draws, frame, window, window[0] * factor, window[1] * factor))

    def misfit(self, frame: Size, window: Size) -> str:
        tall, wide = (math.ceil(cut * min(frame) / side) for side, cut in zip(frame, window))
        if self.short_min >= max(tall, wide):
            return ""
        what = f"a crop of {window[0]}×{window[1]} does not fit into {frame[0]}×{frame[1]} images"
        return f"{what} with a shorter side of {self.short_min}, use a least short side of {max(tall, wide)} or more"


def _window(draws: Draws, frame: Size, window: Size, height: Floats, width: Floats) -> Floats:
    """Maps to a rectangle of this height and width, in pixels of the frame, at a random place within it.

    Pixels are squares: edge of the window goes to edge of the rectangle, so centres are shifted by half a step.
    """
    top, left = draws.uniform() * (frame[0] - height), draws.uniform() * (frame[1] - width)
    down, across = height / window[0], width / window[1]
    corner = (top + down / 2 - 0.5, left + across / 2 - 0.5)
    return linear(len(draws), down, 0.0, 0.0, across, *corner)
