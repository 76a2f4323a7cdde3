"""The principal components of a training set's colours (Krizhevsky et al. 2012, §4.1)."""

from __future__ import annotations

import numpy as np

from ..dataset import Images
from .base import Floats

_CHUNK = 256  # images summed at once
_ENOUGH = 1 << 24  # pixels; of larger sets evenly spaced images are taken


def principal_components(images: Images) -> Floats:
    """(C, C): in column i the i-th eigenvector of the channels' covariance times its eigenvalue, the largest first.

    Images are (N, h, w, C) with pixels 0–255; the covariance is that of pixels from 0 to 1. An eigenvector's largest
    entry is positive. Sums are of whole numbers and exact, so the result does not depend on how they are taken.
    """
    count, height, width, channels = images.shape
    chosen = np.arange(0, count, max(count * height * width // _ENOUGH, 1))
    total, products = np.zeros(channels), np.zeros((channels, channels))
    for start in range(0, len(chosen), _CHUNK):
        pixels = np.asarray(images[chosen[start : start + _CHUNK]], np.float64).reshape(-1, channels)
        total += pixels.sum(0)
        products += pixels.T @ pixels
    mean = total / (len(chosen) * height * width)
    covariance = (products / (len(chosen) * height * width) - np.outer(mean, mean)) / 255.0**2
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    strongest = vectors[np.abs(vectors).argmax(0), np.arange(channels)]
    components: Floats = vectors * np.sign(strongest) * values
    return components
