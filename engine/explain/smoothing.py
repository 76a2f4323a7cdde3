"""Blurring and shifting pictures (N, H, W, C)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]
Shift = tuple[int, int]
_USUAL = 224  # pixels on a side, for which published blurs and shifts are meant


def blurred(images: Floats, sigma: float) -> Floats:
    """Each channel under a Gaussian of standard deviation `sigma` pixels; the images themselves for 0."""
    if sigma <= 0:
        return images
    return np.asarray(ndimage.gaussian_filter(images, (0, sigma, sigma, 0)), np.float32)


def share(size: Sequence[int]) -> float:
    """How much smaller than usual the shorter side of a picture is; 1 for larger ones."""
    return min(1.0, min(size) / _USUAL)


def drawn_shift(random: np.random.Generator, most: int) -> Shift:
    """Rows and columns from −most to most."""
    rows, columns = random.integers(-most, most + 1, 2)
    return int(rows), int(columns)


def shifted(images: Floats, shift: Shift) -> Floats:
    """Moved down and to the right; what leaves at one side enters at the other."""
    return images if shift == (0, 0) else np.roll(images, shift, (1, 2))


def back(shift: Shift) -> Shift:
    """The shift that undoes this one."""
    return -shift[0], -shift[1]
