"""What an augmentation is: a declaration, and what it does to the images of a batch, told as numbers for each image.

Kernels never see these classes. A further augmentation is a frozen dataclass in `kinds/` below one of the three bases
here; it is found, not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...spec import Named
from .draws import Draws
from .plane import Size, Way

BORDERS = ("zeros", "edge", "reflect")
"""How an image goes on beyond its edge: black, its outermost pixels, or mirrored at them (which stand once)."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Augmentation(Named):
    """Base of all augmentations. Construction parses every parameter; ParameterError names all that are illegal."""

    kind = "augmentation"
    summary: ClassVar[str] = ""
    """One line for people."""


@dataclass(frozen=True)
class Geometric(Augmentation):
    """Moves pixels. All of a list become one map from output to image, along which the image is read once."""

    makes_size: ClassVar[bool] = False
    """Whether it cuts out a window of the network's size, whatever the size of the image."""

    def way(self, draws: Draws, frame: Size, window: Size) -> Way:
        """For each image, where a pixel of the new frame lies in the old one, which has the size `frame`.

        The new frame has the size `window`, that of the network's input, if `makes_size`; else that of the old one.
        """
        raise NotImplementedError

    def misfit(self, frame: Size, window: Size) -> str:
        """Why it cannot be used on such a frame, with the fix; "" if it can."""
        return ""


@dataclass(frozen=True)
class Tint:
    """New pixel = gain · pixel + of_mean · (mean of the whole image) + offset, for each image; units are 0–255."""

    gain: Floats
    """(n,)"""
    of_mean: Floats
    """(n,)"""
    offset: Floats
    """(n, C)"""

    @classmethod
    def none(cls, count: int, channels: int) -> Tint:
        return cls(np.ones(count), np.zeros(count), np.zeros((count, channels)))

    def brighter(self, by: Floats) -> Tint:
        """With (n, C) or (n, 1) added."""
        return Tint(self.gain, self.of_mean, self.offset + by)

    def stretched(self, factor: Floats) -> Tint:
        """Differences from the mean colour's brightness, as it is after this tint, multiplied by (n,) factors."""
        rest = 1.0 - factor
        of_mean = factor * self.of_mean + rest * (self.gain + self.of_mean)
        mean_offset = self.offset.sum(1) / self.offset.shape[1]
        return Tint(factor * self.gain, of_mean, factor[:, None] * self.offset + (rest * mean_offset)[:, None])


@dataclass(frozen=True)
class Colour(Augmentation):
    """Changes the colours of a whole image alike."""

    needs_components: ClassVar[bool] = False
    """Whether it wants the principal components of the training set's colours."""

    def tint(self, draws: Draws, before: Tint, components: Floats | None) -> Tint:
        """What all up to this one do together; `components` is (C, C), a component in each column (`components.py`)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Erasing(Augmentation):
    """Hides rectangles of the finished input."""

    def holes(self, draws: Draws, window: Size) -> NDArray[np.int64]:
        """(n, k, 4): top, left, bottom and right of k rectangles in each image, within the window, ends excluded."""
        raise NotImplementedError
