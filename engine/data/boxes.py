"""Boxes around objects: checked, moved along when their picture is scaled and cut, the largest of each picture found.

A box is (x1, y1, x2, y2) in pixels from the left and top edges of the picture, x2 and y2 behind its last pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .geometry import Placing


@dataclass(frozen=True, eq=False)
class Objects:
    """What is in one picture: labels (M,) int64 and boxes (M, 4) float32, at least one of each."""

    labels: NDArray[np.int64]
    boxes: NDArray[np.float32]

    @classmethod
    def of(cls, labels: ArrayLike, boxes: ArrayLike) -> Objects:
        """From lists."""
        return cls(np.asarray(labels, np.int64).reshape(-1), np.asarray(boxes, np.float32).reshape(-1, 4))

    @property
    def largest(self) -> int:
        """Index of the box with the largest area, the first of equals: the one that a network of one box learns."""
        return int(areas(self.boxes).argmax())

    def placed(self, placing: Placing) -> Objects | None:
        """As they lie in the scaled and cut picture; None if none of them is left in it."""
        scale = np.array([placing.across, placing.down] * 2, np.float32)
        shift = np.array([placing.left, placing.top] * 2, np.float32)
        limits = np.array([placing.width, placing.height] * 2, np.float32)
        moved = np.clip(self.boxes * scale - shift, 0, limits).astype(np.float32)
        kept = areas(moved) > 0
        return Objects(self.labels[kept], moved[kept]) if kept.any() else None


def areas(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Areas of boxes (…, 4)."""
    sides = boxes[..., 2:].astype(np.float64) - boxes[..., :2]
    product: NDArray[np.float64] = sides[..., 0] * sides[..., 1]
    return product


def largest_boxes(objects: Sequence[Objects]) -> NDArray[np.float32]:
    """The largest box of each picture, (N, 4)."""
    rows = [found.boxes[found.largest] for found in objects]
    return np.stack(rows) if rows else np.zeros((0, 4), np.float32)


def box_fault(box: Sequence[float], width: float | None = None, height: float | None = None) -> str | None:
    """What is wrong with a box, of a picture of a known size or not, and the fix; None if nothing is."""
    x1, y1, x2, y2 = box
    shown = f"the box ({x1:g}, {y1:g}, {x2:g}, {y2:g})"
    if not np.isfinite(box).all():
        return f"{shown} is not made of numbers, write x1,y1,x2,y2 in pixels"
    if x2 <= x1 or y2 <= y1:
        return f"{shown} is empty, x2 must be beyond x1 and y2 beyond y1"
    if width is not None and height is not None and (x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0):
        return f"{shown} lies outside its picture of {width:g}×{height:g} (width × height), correct it"
    return None
