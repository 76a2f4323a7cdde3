"""What is too large for a picture, and the arrays that views are given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import ConvscopeError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LARGEST_PICTURE = 512 * 512
"""Entries of the largest matrix that is built to be looked at."""


def check_picture(what: str, rows: int, columns: int, fix: str) -> None:
    """ConvscopeError if a matrix has more entries than anyone can look at."""
    if rows * columns > LARGEST_PICTURE:
        raise ConvscopeError(
            f"The {what} would have {rows:,} rows and {columns:,} columns, {rows * columns:,} entries, and "
            f"{LARGEST_PICTURE:,} can be shown; {fix}."
        )


def finite(what: str, values: Any, axes: tuple[int, ...]) -> Floats:
    """The values as a new float64 array with one of the given numbers of axes; ConvscopeError for anything else."""
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError):
        raise ConvscopeError(f"The {what} cannot be read as numbers; use an array or equally long rows.") from None
    if array.ndim not in axes or not array.size:
        wanted = " or ".join(map(str, axes))
        raise ConvscopeError(f"The {what} has shape {array.shape}; use {wanted} axes, none of them empty.")
    if not np.isfinite(array).all():
        raise ConvscopeError(f"The {what} holds values that are not finite; replace them first.")
    return array
