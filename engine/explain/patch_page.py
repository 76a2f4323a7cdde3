"""The strongest patches of a unit on one page: each in its image, cut out, and what of it excites the unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .patch_index import Patch
from .pictures import Pixels, rgb, sheet, signed
from .probe import Floats

_SIDE = 96  # pixels of the longer side of each of the three pictures
_LINE = 14  # pixels of the line below them
_BOX = (255, 64, 64)


def page(patches: Sequence[Patch], images: Floats, cut: Floats, exciting: Floats) -> Pixels:
    """A cell a patch: from left to right its image with the box drawn in, the pixels in it, and the gradient there.

    `images` (k, H, W, C) are the patches' own, `cut` and `exciting` (k, h, w, C) what lies in the boxes. Below stand
    the image's number and the response.
    """
    cells = []
    for patch, image, pixels, gradient in zip(patches, images, cut, exciting):
        shown = [_boxed(image, patch), _enlarged(rgb(pixels))[0], _enlarged(signed(gradient))[0]]
        cells.append(_captioned([_padded(one) for one in shown], f"image {patch.image}   {patch.response:.4g}"))
    return sheet(cells)


def _boxed(image: Floats, patch: Patch) -> Pixels:
    pixels, times = _enlarged(rgb(image))
    top, bottom, left, right = (edge * times for edge in patch.box)
    picture = Image.fromarray(pixels)
    least, height, width = 0, pixels.shape[0] - 1, pixels.shape[1] - 1
    corners = (max(left, least), max(top, least), min(right - 1, width), min(bottom - 1, height))
    ImageDraw.Draw(picture).rectangle(corners, outline=_BOX, width=2)
    return np.asarray(picture)


def _enlarged(pixels: Pixels) -> tuple[Pixels, float]:
    """Pixels with a longer side of `_SIDE`, and how many times larger they are."""
    times = _SIDE / max(pixels.shape[:2])
    height, width = (max(1, round(length * times)) for length in pixels.shape[:2])
    how = Image.Resampling.NEAREST if times >= 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(pixels).resize((width, height), how)), times


def _padded(pixels: Pixels) -> Pixels:
    found = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    top, left = (_SIDE - pixels.shape[0]) // 2, (_SIDE - pixels.shape[1]) // 2
    found[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return found


def _captioned(pictures: Sequence[Pixels], text: str) -> Pixels:
    """Pictures in a row with a line of text below."""
    gap = np.full((_SIDE, 2, 3), 255, np.uint8)
    row = np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], 1)
    line = Image.new("RGB", (row.shape[1], _LINE), "white")
    ImageDraw.Draw(line).text((1, 1), text, fill="black", font=ImageFont.load_default(11))
    return np.concatenate([row, np.asarray(line)])
