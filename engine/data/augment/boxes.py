"""Where boxes go when their image is moved.

A box is (x1, y1, x2, y2) in pixels from the left and top edges, as in a data set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import Floats
from .pipeline import Drawn
from .plane import Size, inverse

LEAST_SEEN = 0.25
"""Share of a moved box that must lie within the window; of which less is seen counts as gone."""
_POINTS = 9  # on each side of a box, corners among them: lenses bend sides
_STEPS = 20  # of Newton's method


def moved(
    drawn: Drawn, boxes: NDArray[np.float32], images: NDArray[np.int64], window: Size
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The upright boxes around where `boxes` (m, 4) lie in the output, cut at the window, and which of them are seen.

    Box j belongs to the image `images[j]` of those drawn for. A box of which less than `LEAST_SEEN` is left is told as
    not seen, and is what is left of it, which may be empty.
    """
    y, x = _outlines(np.asarray(boxes, np.float64))
    for stage in reversed(range(drawn.maps.shape[1])):
        back = inverse(drawn.maps[images, stage])[:, :, :, None]
        y, x = (back[:, row, 0] * y + back[:, row, 1] * x + back[:, row, 2] for row in (0, 1))
        if stage:
            y, x = _unbent(y, x, drawn.lenses[images, stage - 1][:, None])
    whole = np.stack((x.min(1), y.min(1), x.max(1), y.max(1)), 1) + 0.5  # from centres of pixels to their edges
    limits = np.array([window[1], window[0]] * 2, np.float64)
    left = np.clip(whole, 0.0, limits)
    seen = _areas(left) >= LEAST_SEEN * _areas(whole)
    return left.astype(np.float32), seen & (_areas(left) > 0)


def _outlines(boxes: Floats) -> tuple[Floats, Floats]:
    """y and x, each (m, P), of points on the sides of boxes (m, 4), counted from the first pixel's centre."""
    along, ends = np.linspace(0.0, 1.0, _POINTS), np.repeat([0.0, 1.0], _POINTS)
    across, down = np.concatenate((np.tile(along, 2), ends)), np.concatenate((ends, np.tile(along, 2)))
    x1, y1, x2, y2 = (boxes[:, k, None] - 0.5 for k in range(4))
    return y1 + (y2 - y1) * down, x1 + (x2 - x1) * across


def _unbent(y: Floats, x: Floats, lens: Floats) -> tuple[Floats, Floats]:
    """The points p with p · (1 + lens · |p|²) = (y, x).

    A pincushion's image ends at the largest radius it reaches; points beyond it are put there, outside the window.
    """
    goal = np.hypot(y, x)
    with np.errstate(divide="ignore"):
        turning = np.where(lens < 0, np.sqrt(1 / np.maximum(-3 * lens, 1e-300)), np.inf)
    radius = np.minimum(goal, turning)
    for _ in range(_STEPS):
        slope = np.maximum(1 + 3 * lens * radius**2, 1e-9)
        radius = np.clip(radius - (radius * (1 + lens * radius**2) - goal) / slope, 0.0, turning)
    factor = np.divide(radius, goal, out=np.ones_like(goal), where=goal > 0)
    return y * factor, x * factor


def _areas(boxes: Floats) -> Floats:
    areas: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
