"""Colour maps as tables, and values as indices into them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tokens import DIVERGING_MAP, SEQUENTIAL_MAP

LEVELS = 255
"""Colours of a table; index 255 is kept for what is not a value: the gap between tiles."""


@lru_cache
def table(name: str) -> NDArray[np.uint8]:
    """(255, 3) colours of a pyqtgraph colour map, dark or negative first."""
    import pyqtgraph  # with it come libraries that the first picture does not need  # noqa: PLC0415

    return pyqtgraph.colormap.get(name).getLookupTable(nPts=LEVELS, alpha=False).astype(np.uint8)


@dataclass(frozen=True)
class Scale:
    """How values become colours: the map, and the range of values that it spans."""

    map: str
    low: float
    high: float


def levels(values: NDArray[Any], signed: bool, each: bool) -> tuple[NDArray[np.uint8], Scale]:
    """Tiles (n, h, w) as indices into a table, 0 to 254, and their scale.

    Signed values keep zero in the middle of a diverging map; others start at zero, or at their least value if that is
    negative. With `each`, every tile spans its own range, and the scale is that of the widest. NaN counts as zero.
    """
    values = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    axes = (1, 2) if each else None
    if values.size == 0:
        return np.zeros(values.shape, np.uint8), Scale(SEQUENTIAL_MAP, 0.0, 0.0)
    if signed:
        high = np.abs(values).max(axis=axes, keepdims=True)
        low = -high
    else:
        high = values.max(axis=axes, keepdims=True)
        low = np.minimum(values.min(axis=axes, keepdims=True), 0.0)
    span = np.where(high > low, high - low, 1.0)
    indices = ((values - low) * ((LEVELS - 1) / span) + 0.5).astype(np.uint8)
    name = DIVERGING_MAP if signed else SEQUENTIAL_MAP
    return indices, Scale(name, float(low.min()), float(high.max()))


def colour_pictures(values: NDArray[Any], each: bool) -> tuple[NDArray[np.uint8], float]:
    """Signed weights (n, h, w, 3) as colours, zero being middle grey, and the largest magnitude."""
    values = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    high = np.abs(values).max(axis=(1, 2, 3) if each else None, keepdims=True)
    pixels = values / np.where(high > 0, high, 1.0) * 127.0 + 127.5
    return pixels.astype(np.uint8), float(high.max(initial=0.0))
