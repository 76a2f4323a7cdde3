"""A Laplacian pyramid of gradients, so that coarse and fine structure grow alike (Mordvintsev 2015, DeepDream)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]
_KERNEL: Floats = np.array([1, 4, 6, 4, 1], np.float32) / np.float32(16)  # Burt & Adelson 1983, a = 0.375
_LEAST = 1e-10  # root mean square of a level that holds nothing


def levelled(gradient: Floats, levels: int) -> Floats:
    """The gradient (N, H, W, C) with each of `levels` bands and the rest below them at a root mean square of 1."""
    rest, bands = gradient, []
    for _ in range(levels):
        if min(rest.shape[1:3]) < 2:
            break
        smaller = _halved(rest)
        bands.append(_unit(rest - _doubled(smaller, rest.shape)))
        rest = smaller
    found = _unit(rest)
    for band in reversed(bands):
        found = _doubled(found, band.shape) + band
    return found


def _unit(band: Floats) -> Floats:
    size = np.sqrt(np.square(band).mean((1, 2, 3), keepdims=True))
    found: Floats = band / np.maximum(size, np.float32(_LEAST))
    return found


def _halved(images: Floats) -> Floats:
    return _smoothed(images, _KERNEL)[:, ::2, ::2]


def _doubled(images: Floats, shape: tuple[int, ...]) -> Floats:
    """At twice the size, cut to `shape`: zeros between the pixels, smoothed with twice the kernel."""
    spread = np.zeros(shape, np.float32)
    spread[:, ::2, ::2] = images
    return _smoothed(spread, np.float32(2) * _KERNEL)


def _smoothed(images: Floats, kernel: Floats) -> Floats:
    rows = ndimage.convolve1d(images, kernel, axis=1, mode="mirror")
    return np.asarray(ndimage.convolve1d(rows, kernel, axis=2, mode="mirror"), np.float32)
