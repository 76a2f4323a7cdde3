"""Arrays as pictures: heat maps in colour, signed gradients around grey, overlays, contact sheets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..spec import ConvscopeError

Pixels = NDArray[np.uint8]
_GAP, _NARROW = 4, 1  # pixels between the pictures of a sheet, and between small maps
_READABLE = 24  # pixels a side that a small map is enlarged to
_SPREAD = 4.0  # standard deviations of a gradient from grey to full colour
# Control points of a map from dark blue through green to yellow, of rising lightness, that colour-blind eyes can read.
_STOPS = np.array(
    [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], np.float64
)  # five of viridis (Smith & van der Walt 2015, matplotlib, CC0)


def raw(kind: str, array: NDArray[np.float32]) -> Pixels:
    """One result as RGB pixels (H, W, 3): a heat map in colour, an image as it is, the last image of a sequence."""
    if kind == "table":
        raise ConvscopeError("A table has no picture; save it as .npy or .json.")
    if kind == "sequence":
        array = array[-1]
    if kind == "maps":
        return grid(array)
    if kind == "heat map":
        return signed(array) if array.ndim == 3 else coloured(array)
    return rgb(array)


def grid(maps: NDArray[np.float32]) -> Pixels:
    """Maps (h, w, K) in grey or (h, w, K, 3) in colour, each from its least to its greatest value, enlarged if tiny."""
    colour = maps.ndim == 4
    tiles = [255 * unit_range(maps[:, :, k]) for k in range(maps.shape[2])]
    shown = [rgb(tile if colour else tile[..., None]) for tile in tiles]
    times = max(_READABLE // max(maps.shape[0], maps.shape[1]), 1)
    return sheet([np.repeat(np.repeat(tile, times, 0), times, 1) for tile in shown], gap=_NARROW)


def rgb(image: NDArray[np.float32]) -> Pixels:
    """Pixel units (H, W, C) as RGB; grey is repeated, values beyond 0–255 are clipped."""
    clipped = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(clipped, (*clipped.shape[:2], 3)) if clipped.shape[2] == 1 else clipped)


def coloured(heat: NDArray[np.float32], limits: tuple[float, float] | None = None) -> Pixels:
    """A heat map (H, W) from its least to its greatest value, or within `limits`; one colour where all are equal."""
    return _colours()[np.rint(unit_range(heat, limits) * 255).astype(np.int64)]


def unit_range(heat: NDArray[np.float32], limits: tuple[float, float] | None = None) -> NDArray[np.float32]:
    """Values from 0 (least, or the lower limit) to 1 (greatest, or the upper); what is not finite counts as least."""
    finite = np.isfinite(heat)
    if not finite.any():
        return np.zeros_like(heat)
    low, high = limits or (float(heat[finite].min()), float(heat[finite].max()))
    scaled = (np.where(finite, heat, low) - low) / (high - low if high > low else 1.0)
    return np.clip(scaled, 0, 1).astype(np.float32)


def signed(gradient: NDArray[np.float32]) -> Pixels:
    """A signed map (H, W, C): nothing is grey, each channel's own sign and size show as lighter or darker."""
    spread = float(gradient.std()) or 1.0
    return rgb(127.5 + gradient * (127.5 / (_SPREAD * spread)))


def overlay(
    heat: NDArray[np.float32],
    image: NDArray[np.float32],
    strength: float,
    limits: tuple[float, float] | None = None,
) -> Pixels:
    """A heat map over its image in grey: `strength` 0 shows the image alone, 1 the map alone."""
    if heat.ndim == 3:
        return signed(heat)
    below = np.repeat(image.mean(-1, keepdims=True), 3, -1)
    above = resized(coloured(heat, limits), (image.shape[0], image.shape[1]))
    return rgb((1 - strength) * below + strength * above)


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """RGB pixels at another height and width, bilinear."""
    if pixels.shape[:2] == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.BILINEAR))


def sheet(shown: Sequence[Pixels], gap: int = _GAP) -> Pixels:
    """Pictures of one size in a square of rows, white between them; one alone stays as it is."""
    if len(shown) == 1:
        return shown[0]
    height, width = shown[0].shape[:2]
    columns = math.ceil(math.sqrt(len(shown)))
    rows = -(-len(shown) // columns)
    page = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for number, picture in enumerate(shown):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        page[top : top + height, left : left + width] = picture
    return page


@cache
def _colours() -> Pixels:
    """256 colours (256, 3)."""
    at = np.linspace(0, len(_STOPS) - 1, 256)
    return np.rint([[np.interp(value, range(len(_STOPS)), _STOPS[:, c]) for c in range(3)] for value in at]).astype(
        np.uint8
    )
