"""Convolution as multiplication by a matrix: S = M_F·vec(X), and back X̂ = M_Fᵀ·vec(S)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..spec import ConvscopeError, format_shape
from .case import OUTSIDE, Case, case, filter_taps, from_planes, picked, planes, positions, reading_of_channels
from .labels import indexed
from .limits import Floats, Integers, check_picture, finite


@dataclass(frozen=True)
class Entry:
    """One entry of the matrix: its output value (row, column, filter), its pixel and its tap (r, s, channel, filter).

    `tap` is None where the output does not see the pixel; `label` is then 0.
    """

    output: tuple[int, int, int]
    pixel: tuple[int, int, int]
    tap: tuple[int, int, int, int] | None
    label: str


@dataclass(frozen=True, eq=False)
class Toeplitz:
    """A convolution written as a matrix; vectors hold images plane by plane.

    For each filter and channel `matrix` holds one block of OH·OW rows and H·W columns. With stride 1 this is a doubly
    blocked Toeplitz matrix: equal blocks along its diagonals, and each block has equal entries along its own
    (Dumoulin & Visin 2016, §4.1).
    """

    case: Case
    matrix: Floats
    """M_F (K·OH·OW, C·H·W)."""
    taps: Integers
    """The weight in each entry, as its index in `case.weights.ravel()`; OUTSIDE (−1) where there is none."""
    outputs: Integers
    """(row, column, filter) of the output value of each row (K·OH·OW, 3)."""
    pixels: Integers
    """(row, column, channel) of the pixel of each column (C·H·W, 3)."""
    x: Floats
    """vec(X) (C·H·W,)."""
    s: Floats
    """vec(S) = M_F·vec(X) (K·OH·OW,)."""

    @property
    def output(self) -> Floats:
        """S (OH, OW, K)."""
        return from_planes(self.s, self.case.output)

    def transposed(self, values: Any = None) -> Floats:
        """X̂ (H, W, C) = M_Fᵀ·vec(S) for these values (OH, OW, K), by default the output: transposed convolution.

        It spreads each value over the pixels that it came from. For a gradient at the output this is the gradient of
        the image (Dumoulin & Visin 2016, §4.2).
        """
        given = self.output if values is None else finite("output", values, (3,))
        if given.shape != self.case.output:
            raise ConvscopeError(
                f"The values have shape {given.shape} and the output is {format_shape(self.case.output)}; "
                "give one for each of its values."
            )
        return from_planes(self.matrix.T @ planes(given), self.case.image.shape)

    def entry(self, row: int, column: int) -> Entry:
        """What stands at this place of the matrix, for the view that highlights it."""
        r, c, k = self.outputs[row].tolist()
        h, w, channel = self.pixels[column].tolist()
        number = int(self.taps[row, column])
        if number == OUTSIDE:
            return Entry((r, c, k), (h, w, channel), None, "0")
        shape = self.case.weights.shape
        y, x, depth, filter_ = (int(i) for i in np.unravel_index(number, shape))
        tap = (y, x, depth, filter_)
        return Entry((r, c, k), (h, w, channel), tap, indexed("w", tap, shape))

    def places(self, tap: tuple[int, int, int, int]) -> Integers:
        """(row, column) of all entries that hold this weight (r, s, channel, filter): (n, 2)."""
        return np.argwhere(self.taps == np.ravel_multi_index(tap, self.case.weights.shape))

    def row_labels(self) -> tuple[str, ...]:
        """`s₁₁`, `s₁₂`, … for the rows."""
        return tuple(indexed("s", at, self.case.output) for at in self.outputs.tolist())

    def column_labels(self) -> tuple[str, ...]:
        """`x₁₁`, `x₁₂`, … for the columns."""
        return tuple(indexed("x", at, self.case.image.shape) for at in self.pixels.tolist())


def toeplitz(image: Any, weights: Any, **geometry: Any) -> Toeplitz:
    """The matrix for an image (H, W) or (H, W, C) and filters (R, S), (R, S, C) or (R, S, C/groups, K).

    `geometry` takes Conv2D's stride, padding, dilation and groups. ConvscopeError if the matrix has more than
    LARGEST_PICTURE entries.
    """
    given = case(image, weights, **geometry)
    rows, columns = given.windows * given.layer.filters, given.image.size
    check_picture("Toeplitz matrix", rows, columns, "use a smaller image, fewer filters or a larger stride")
    read, filters = reading_of_channels(given), filter_taps(given)
    taps = np.full((rows, columns), OUTSIDE)
    for row in range(rows):
        k, window = divmod(row, given.windows)
        seen = (read[:, window] != OUTSIDE) & (filters[k] != OUTSIDE)
        taps[row, read[seen, window]] = filters[k, seen]
    matrix, x = picked(given.weights, taps), planes(given.image)
    return Toeplitz(given, matrix, taps, positions(given.output), positions(given.image.shape), x, matrix @ x)
