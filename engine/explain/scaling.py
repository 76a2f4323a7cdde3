"""Maps and images at other sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data.preprocess import resized

Floats = NDArray[np.float32]


def enlarged(maps: Floats, size: tuple[int, ...]) -> Floats:
    """Maps (N, h, w) at height and width `size`, bilinear."""
    height, width = size[0], size[1]
    return np.asarray(resized(maps[..., None], (height, width), "bilinear")[..., 0], np.float32)
