"""Drawings made by hand, brought to the form of the images a network was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FAINT = 32  # of 255: paler than this is no ink
_LOOKED_AT = 256
_MNIST_SHARE = 20 / 28  # LeCun, Cortes & Burges: digits fit a box of 20 pixels in images of 28


@dataclass(frozen=True)
class Convention:
    """How a set of images shows its things: `share` of the side that ink spans, `dark` ink on a light ground or not."""

    share: float = _MNIST_SHARE
    dark: bool = False

    @classmethod
    def of(cls, images: NDArray[Any]) -> Convention:
        """That of images (N, H, W, C) 0–255; their borders tell the ground."""
        grey = np.asarray(images[:_LOOKED_AT], np.float32).mean(3)
        if not len(grey) or min(grey.shape[1:]) < 2:
            return cls()
        border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1)
        dark = bool(np.median(border) > 127)
        ink = (255 - grey if dark else grey) > _FAINT
        spans = [max(_span(one, axis) / one.shape[1 - axis] for axis in (0, 1)) for one in ink if one.any()]
        return cls(float(np.median(spans)) if spans else cls.share, dark)


def centred(ink: NDArray[Any], size: tuple[int, int], share: float) -> NDArray[np.uint8]:
    """Ink (H, W), 0 nothing to 255, as an image of `size`: its longer side spans `share` of it, its mass in the middle.

    So were the digits of MNIST prepared. Without ink the image is empty.
    """
    drawn = np.asarray(ink, np.float32)
    page = np.zeros(size, np.uint8)
    rows, columns = (np.flatnonzero((drawn > _FAINT).any(axis)) for axis in (1, 0))
    if not len(rows):
        return page
    cut = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = share * min(size) / max(cut.shape)
    wanted = [min(max(round(length * scale), 1), limit) for length, limit in zip(cut.shape, size)]
    small = Image.fromarray(cut).resize((wanted[1], wanted[0]), Image.Resampling.BOX)
    found = np.asarray(small, np.float32)
    places = []
    for axis, (length, limit) in enumerate(zip(wanted, size)):
        weights = found.sum(1 - axis)
        middle = float((weights * (np.arange(length) + 0.5)).sum() / weights.sum())
        places.append(int(np.clip(round(limit / 2 - middle), 0, limit - length)))
    top, left = places
    page[top : top + wanted[0], left : left + wanted[1]] = np.clip(np.rint(found), 0, 255)
    return page


def _span(ink: NDArray[np.bool_], axis: int) -> int:
    """Columns (axis 0) or rows (axis 1) from the first to the last that holds ink."""
    places = np.flatnonzero(ink.any(axis))
    return int(places[-1] - places[0] + 1)
