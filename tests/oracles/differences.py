"""Derivatives by central differences of a float64 function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def gradient(function: Callable[[], float], array: Array, step: float = 1e-5) -> Array:
    """d function / d array, one entry at a time; `function` reads `array`, which is changed in place and restored."""
    result = np.empty_like(array)
    for index in np.ndindex(*array.shape):
        kept = array[index]
        array[index] = kept + step
        above = function()
        array[index] = kept - step
        below = function()
        array[index] = kept
        result[index] = (above - below) / (2 * step)
    return result


def relative_error(got: NDArray, expected: NDArray) -> float:
    """‖got − expected‖₂ / ‖expected‖₂; the plain norm where nothing is expected. NaN never passes a comparison."""
    difference = np.linalg.norm(np.asarray(got, np.float64) - expected)
    scale = np.linalg.norm(expected)
    return float(difference / scale) if scale else float(difference)
