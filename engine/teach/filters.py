"""Named filters, each declared by its parameters, so that a window can offer them as a form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..spec import Declared, choice, flag, integer, number
from .limits import Floats

LARGEST_SIZE = 99
_HALVING = 1 / math.sqrt(2 * math.log(2))  # neighbours of the middle weigh half as much: 1 2 1
_DIRECTIONS = ("rows", "columns")
_ODD = "Odd, so that there is a middle."


@dataclass(frozen=True)
class Filter(Declared):
    """Base of all filters. Construction raises ParameterError naming all parameters that are illegal."""

    title: ClassVar[str]
    help: ClassVar[str]

    def weights(self) -> Floats:
        """The filter (R, S); both odd."""
        raise NotImplementedError

    def parameter_problems(self) -> list[str]:
        size = self.values().get("size", 1)
        return [] if size % 2 else [f"size {size} has no middle: use {size - 1 or 1} or {size + 1}"]


@dataclass(frozen=True)
class _Line(Filter):
    """A filter along the rows or the columns of an image, or along a signal."""

    size: int = integer(3, label="Size", help=f"Taps of the filter. {_ODD}", maximum=LARGEST_SIZE)
    direction: str = choice("rows", _DIRECTIONS, label="Along", help="Whether the filter lies in rows or columns.")

    def weights(self) -> Floats:
        line = self.profile()
        return line[None, :] if self.direction == "rows" else line[:, None]

    def profile(self) -> Floats:
        """The taps (size,)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Box1D(_Line):
    """Mean of neighbouring values in one direction."""

    title = "Box (1-D)"
    help = "Each value becomes the mean of itself and its neighbours in one direction."

    def profile(self) -> Floats:
        return np.full(self.size, 1 / self.size)


@dataclass(frozen=True)
class Gaussian1D(_Line):
    """Weighted mean in one direction, by a bell curve."""

    sigma: float = number(_HALVING, label="Sigma", help="Width of the bell, in pixels.", minimum=0.05, maximum=50.0)

    title = "Gaussian (1-D)"
    help = "A mean in one direction in which near neighbours count more. Along rows and then columns it is the 2-D one."

    def profile(self) -> Floats:
        return bell(self.size, self.sigma)


@dataclass(frozen=True)
class Identity(Filter):
    """A single 1: changes nothing."""

    title = "Identity"
    help = "Leaves the image as it is: what the others are compared with."

    def weights(self) -> Floats:
        return np.ones((1, 1))


@dataclass(frozen=True)
class Mean(Filter):
    """Mean of a square of pixels."""

    size: int = integer(3, label="Size", help=f"Rows and columns of the filter. {_ODD}", maximum=LARGEST_SIZE)

    title = "Mean (box)"
    help = "Each pixel becomes the mean of the square around it: a blur with visible corners."

    def weights(self) -> Floats:
        return np.full((self.size, self.size), 1 / self.size**2)


@dataclass(frozen=True)
class Gaussian(Filter):
    """Weighted mean of a square of pixels, by a bell curve."""

    size: int = integer(3, label="Size", help=f"Rows and columns of the filter. {_ODD}", maximum=LARGEST_SIZE)
    sigma: float = number(_HALVING, label="Sigma", help="Width of the bell, in pixels.", minimum=0.05, maximum=50.0)

    title = "Gaussian"
    help = "A smooth blur: near neighbours count more. At first 1 2 1, 2 4 2, 1 2 1, divided by 16."

    def weights(self) -> Floats:
        line = bell(self.size, self.sigma)
        return np.outer(line, line)


@dataclass(frozen=True)
class Edge(Filter):
    """A pixel against its neighbours: 0 where the image is even (the discrete Laplacian, negated)."""

    neighbours: str = choice("8", ("8", "4"), label="Neighbours", help="Whether pixels at the corners count, too.")

    title = "Edge detection"
    help = "Shows where a pixel differs from its neighbours, in any direction; even areas become 0."

    def weights(self) -> Floats:
        return _against_neighbours(self.neighbours)


@dataclass(frozen=True)
class Sharpen(Filter):
    """The image plus its edges."""

    amount: float = number(1.0, label="Amount", help="How much of the edges is added.", minimum=0.0, maximum=10.0)

    title = "Sharpen"
    help = "Adds the edges to the image, so that they stand out; even areas stay as they are."

    def weights(self) -> Floats:
        weights = self.amount * _against_neighbours("4")
        weights[1, 1] += 1
        return weights


@dataclass(frozen=True)
class Sobel(Filter):
    """Slope of the brightness in one direction, smoothed across it (Sobel & Feldman 1968)."""

    edges: str = choice("vertical", ("vertical", "horizontal"), label="Edges", help="The edges that are to be found.")
    smooth: bool = flag(True, label="Smooth", help="Count the middle twice; without it this is Prewitt's filter.")

    title = "Sobel"
    help = "Finds edges of one direction: positive where the image becomes brighter to the right, or downwards."

    def weights(self) -> Floats:
        across = np.array([1.0, 2.0 if self.smooth else 1.0, 1.0])
        weights: Floats = np.outer(across, [-1.0, 0.0, 1.0])
        return weights if self.edges == "vertical" else weights.T


def bell(size: int, sigma: float) -> Floats:
    """Samples of a Gaussian around the middle, with sum 1 (size,)."""
    distance = np.arange(size) - size // 2
    values: Floats = np.exp(-(distance**2) / (2 * sigma**2))
    values /= values.sum()
    return values


def _against_neighbours(count: str) -> Floats:
    """The number of neighbours in the middle and −1 at each."""
    weights = -np.ones((3, 3)) if count == "8" else -np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    weights[1, 1] = int(count)
    return weights


FILTERS: dict[str, type[Filter]] = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, Filter) and hasattr(kind, "title")
}
"""Filters by name, in the order in which they are offered."""
