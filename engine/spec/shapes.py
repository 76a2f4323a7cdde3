"""Shapes of one sample: `(H, W, C)` for images, `(F,)` for vectors. The batch dimension is never part of them."""

from __future__ import annotations

import math
from fractions import Fraction

Shape = tuple[int, ...]


def size(shape: Shape) -> int:
    """Number of values in one sample of this shape."""
    return math.prod(shape)


def format_shape(shape: tuple[int | Fraction, ...] | None) -> str:
    """`28×28×1`, `120`, `1/2×1/2`, or `?` when unknown."""
    return "?" if shape is None else "×".join(str(d) for d in shape)
