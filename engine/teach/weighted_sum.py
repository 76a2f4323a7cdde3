"""One output pixel of a convolution as a sum of products, term by term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from ..spec import ConvscopeError, format_shape
from .case import Case, case
from .labels import factor, number
from .limits import finite


@dataclass(frozen=True)
class Term:
    """One tap's contribution: `value` · `weight` = `product`, and the sum so far.

    `tap` is (r, s, channel, filter) in the weights, `pixel` (row, column, channel) in the image, None for padding.
    """

    tap: tuple[int, int, int, int]
    pixel: tuple[int, int, int] | None
    value: float
    weight: float
    product: float
    running: float

    def __str__(self) -> str:
        return f"{factor(self.value)} · {factor(self.weight)}"


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """All terms of the output value at `position` (row, column, filter), its bias, and the sum of both."""

    case: Case
    position: tuple[int, int, int]
    terms: tuple[Term, ...]
    bias: float
    total: float

    def __str__(self) -> str:
        """`5 · 1/3 + 5 · 1/3 + 6 · 1/3 = 16/3`."""
        parts = [str(term) for term in self.terms] + ([factor(self.bias)] if self.bias else [])
        return f"{' + '.join(parts)} = {number(self.total)}"


def weighted_sum(
    image: Any, weights: Any, row: int, column: int, filter: int = 0, bias: float = 0.0, **geometry: Any
) -> WeightedSum:
    """The output value at (row, column) of one filter, for arrays and `geometry` as `toeplitz` takes them."""
    given = case(image, weights, **geometry)
    position = (row, column, filter)
    if not all(isinstance(at, Integral) and 0 <= at < n for at, n in zip(position, given.output)):
        raise ConvscopeError(
            f"There is no output value at {position}; the output is {format_shape(given.output)}, counted from 0."
        )
    offset = float(finite("bias", bias, (0,)))
    terms: list[Term] = []
    for tap, pixel in _taps(given, position):
        value, weight = 0.0 if pixel is None else float(given.image[pixel]), float(given.weights[tap])
        before = terms[-1].running if terms else 0.0
        terms.append(Term(tap, pixel, value, weight, value * weight, before + value * weight))
    return WeightedSum(given, position, tuple(terms), offset, terms[-1].running + offset)


def _taps(
    given: Case, position: tuple[int, int, int]
) -> Iterator[tuple[tuple[int, int, int, int], tuple[int, int, int] | None]]:
    """The taps of a filter, channel by channel and row by row, and the pixel that each reads at this position."""
    layer, (height, width, _) = given.layer, given.image.shape
    row, column, filter_ = position
    top, _, left, _ = layer.geometry.pads(height, width)
    rows, columns, channels, filters = given.weights.shape
    first = filter_ // (filters // layer.groups) * channels
    for channel, r, s in np.ndindex(channels, rows, columns):
        y = row * layer.stride[0] + r * layer.dilation[0] - top
        x = column * layer.stride[1] + s * layer.dilation[1] - left
        within = 0 <= y < height and 0 <= x < width
        yield (r, s, channel, filter_), (y, x, first + channel) if within else None
