"""Faint pictures made visible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_REACHED = 99.5  # percentile of the distance to the mean image that becomes black or white


def stretched(images: Floats, mean: Floats) -> Floats:
    """Images (N, H, W, C) with their distance to the mean image (H, W, C) around middle grey, as large as it can be.

    As Yosinski et al. show their images. A strong picture is left as strong as it is.
    """
    away = images - mean
    reach = np.percentile(np.abs(away), _REACHED, axis=(1, 2, 3), keepdims=True)
    factor = np.maximum(1, 127.5 / np.maximum(reach, np.finfo(np.float32).tiny))
    return (127.5 + away * factor).clip(0, 255).astype(np.float32)
