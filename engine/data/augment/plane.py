"""Maps of the plane, one for each image of a batch, and their composition.

A point is (y, x) in pixels; the centre of the first pixel is (0, 0). An affine map is (2, 3): rows y and x, columns
y, x, 1. Where every entry is a whole or half number the arithmetic here is exact, so shifts and flips stay whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """From the points p of a new frame to the points of an old one: affine, or through a lens about the old centre.

    `affine` is (n, 2, 3). With `lens` (n,) the way of p is q · (1 + lens · |q|²), q being p seen from the centre.
    """

    affine: Floats
    lens: Floats | None = None


def shift(count: int, down: Floats | float = 0.0, right: Floats | float = 0.0) -> Floats:
    """p + (down, right)."""
    return linear(count, 1.0, 0.0, 0.0, 1.0, down, right)


def linear(
    count: int,
    yy: Floats | float,
    yx: Floats | float,
    xy: Floats | float,
    xx: Floats | float,
    down: Floats | float = 0.0,
    right: Floats | float = 0.0,
) -> Floats:
    """(yy·y + yx·x + down, xy·y + xx·x + right)."""
    maps = np.empty((count, 2, 3))
    for place, value in zip(np.ndindex(2, 3), (yy, yx, down, xy, xx, right)):
        maps[:, place[0], place[1]] = value
    return maps


def after(outer: Floats, inner: Floats) -> Floats:
    """outer(inner(p)), entry by entry: a product of small matrices may round otherwise in batches of other sizes."""
    maps = np.empty_like(inner)
    for row in range(2):
        for column in range(3):
            products = outer[:, row, 0] * inner[:, 0, column] + outer[:, row, 1] * inner[:, 1, column]
            maps[:, row, column] = products + outer[:, row, 2] if column == 2 else products
    return maps


def centre(size: Size) -> tuple[float, float]:
    return (size[0] - 1) / 2, (size[1] - 1) / 2


def about(old: Size, new: Size, turned: Floats) -> Floats:
    """A linear map that takes the centre of the new frame to the centre of the old one."""
    (old_y, old_x), (new_y, new_x) = centre(old), centre(new)
    count = len(turned)
    return after(shift(count, old_y, old_x), after(turned, shift(count, -new_y, -new_x)))


def inverse(maps: Floats) -> Floats:
    """The affine maps that undo these."""
    (a, b, down), (c, d, right) = maps[:, 0].T, maps[:, 1].T
    determinant = a * d - b * c
    back = linear(len(maps), d / determinant, -b / determinant, -c / determinant, a / determinant)
    return after(back, shift(len(maps), -down, -right))
