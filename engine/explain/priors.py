"""What natural pictures are like, as penalties: each gives a value an image (N,) and its gradient (N, H, W, C)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def total_variation(images: Floats) -> tuple[Floats, Floats]:
    """Σ of squared differences to the pixels below and to the right (Mahendran & Vedaldi 2015, section 2, β = 2)."""
    down, right = np.diff(images, axis=1), np.diff(images, axis=2)
    value = np.square(down).sum((1, 2, 3)) + np.square(right).sum((1, 2, 3))
    gradient = np.zeros_like(images)
    gradient[:, 1:] += down
    gradient[:, :-1] -= down
    gradient[:, :, 1:] += right
    gradient[:, :, :-1] -= right
    gradient *= 2
    return value, gradient


def sixth_norm(centred: Floats) -> tuple[Floats, Floats]:
    """Σ x⁶ of images around their mean, which keeps pixels in their range (the same, α = 6)."""
    square = np.square(centred)
    fifth = square * square * centred
    return (fifth * centred).sum((1, 2, 3)), 6 * fifth
