"""Where a picture goes when it is brought to another size: stretched, or scaled by its short side and cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fit = Literal["stretch", "crop"]


@dataclass(frozen=True)
class Placing:
    """A picture scaled to `scaled` (height, width), of which a window `height` × `width` at (top, left) is kept.

    `down` and `across` are the scales of rows and columns.
    """

    scaled: tuple[int, int]
    top: int
    left: int
    height: int
    width: int
    down: float
    across: float


def placing(given: tuple[int, int], wanted: tuple[int, int], fit: Fit, short_side: int | None = None) -> Placing:
    """How a picture of height and width `given` becomes one of `wanted`.

    `stretch` scales rows and columns apart. `crop` keeps proportions: the picture is scaled until its short side is
    `short_side` (None: until it just covers what is wanted) and the centre is cut out (Krizhevsky, Sutskever & Hinton
    2012, section 2).
    """
    height, width = given
    if fit == "stretch":
        return Placing(wanted, 0, 0, *wanted, wanted[0] / height, wanted[1] / width)
    if short_side is None:
        covering = max(wanted[0] / height, wanted[1] / width)
        scaled = (max(round(height * covering), wanted[0]), max(round(width * covering), wanted[1]))
    else:
        short = min(height, width)
        scaled = (round(height * short_side / short), round(width * short_side / short))
    top, left = (scaled[0] - wanted[0]) // 2, (scaled[1] - wanted[1]) // 2
    return Placing(scaled, top, left, *wanted, scaled[0] / height, scaled[1] / width)
