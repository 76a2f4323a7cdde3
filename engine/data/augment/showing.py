"""What augmentations make of images, for people to look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..preprocess import Preprocessing
from .augmenter import Augmenter
from .listing import augmentations as read

_GREY = 127.5  # of erased squares: the mean that the network's input has there is not known


def preview(
    images: NDArray[np.uint8], augmentations: Any, seed: int = 0, count: int = 8, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """`count` ways in which each image is shown: pixels (N, count, H, W, C) from images (N, h, w, C).

    Number k is what epoch k of a run with this seed shows, if these are the first images of its set. `size` (H, W) is
    that of the network's input, or None for that of the images. Components of colour are those of these images.
    ConvscopeError tells what is wrong with the list.
    """
    augmenter, shape = _augmenter(images, augmentations, seed, size)
    rows = np.arange(len(images))
    shown = np.empty((len(images), count, *shape), np.uint8)
    out = np.empty((len(images), *shape), np.float32)
    for epoch in range(count):
        augmenter.fill(epoch, rows, out)
        shown[:, epoch] = np.rint(out + np.float32(_GREY)).clip(0, 255)
    return shown


def preview_boxes(
    images: NDArray[np.uint8],
    boxes: NDArray[np.float32],
    augmentations: Any,
    seed: int = 0,
    count: int = 8,
    size: tuple[int, int] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where the boxes (N, 4) of the images, one each, lie in what `preview` shows of them: (N, count, 4) and seen or
    not (N, count).
    """
    augmenter, _ = _augmenter(images, augmentations, seed, size)
    rows = np.arange(len(images))
    moved = [augmenter.boxes(epoch, rows, boxes) for epoch in range(count)]
    return np.stack([places for places, _ in moved], 1), np.stack([seen for _, seen in moved], 1)


def _augmenter(
    images: NDArray[np.uint8], augmentations: Any, seed: int, size: tuple[int, int] | None
) -> tuple[Augmenter, tuple[int, int, int]]:
    """An augmenter whose output is pixels less middle grey, and its shape (H, W, C)."""
    shape = (*(size or images.shape[1:3]), images.shape[3])
    return Augmenter(images, Preprocessing(scale=1.0, mean=(_GREY,)), shape, read(augmentations), seed), shape
