"""Where batches take their pixels from: memory, or files that are read when they are wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset import Images
from ..geometry import placing
from ..preprocess import Preprocessing

CACHE_LIMIT = 1 << 30  # bytes of resized images kept; beyond it they are resized for every batch
CHUNK = 512  # images resized at once, so that intermediate arrays stay small


class Source:
    """Pixels 0–255 of the images (N, h, w, C) of a set, as they are, or brought to `size` by the preprocessing.

    Images of the right size stay what they are; others are resized once if they fit into `CACHE_LIMIT`.
    """

    def __init__(self, images: Images, preprocessing: Preprocessing, size: tuple[int, int] | None) -> None:
        given = (images.shape[1], images.shape[2])
        self._images, self._preprocessing = images, preprocessing
        self._size = None if size is None or preprocessing.keeps(given, size) else size
        self._kept: NDArray[Any] | None = images if self._size is None and isinstance(images, np.ndarray) else None
        if self._size is not None and 4 * len(images) * _values(images, self._size) <= CACHE_LIMIT:
            self._kept = self._all_resized(self._size)

    @property
    def in_memory(self) -> bool:
        """Whether reading takes no time."""
        return self._kept is not None

    @property
    def channels(self) -> int:
        """Of an image."""
        return int(self._images.shape[3])

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Contiguous images (M, H, W, C), uint8 or float32, and where among them each of the `rows` lies."""
        if self._kept is not None:
            return self._kept, rows
        found = np.asarray(self._images[rows])
        if self._size is not None:
            found = self._preprocessing.sized(found, self._size)
        return np.ascontiguousarray(found), np.arange(len(rows))

    def boxes(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (m, 4) x1, y1, x2, y2 in pixels of the images as they are, in pixels of what `read` gives."""
        if self._size is None:
            return boxes
        given, preprocessing = (self._images.shape[1], self._images.shape[2]), self._preprocessing
        place = placing(given, self._size, preprocessing.fit, preprocessing.short_side)
        scales = np.array([place.across, place.down] * 2, np.float32)
        return np.asarray(boxes * scales - np.array([place.left, place.top] * 2, np.float32), np.float32)

    def _all_resized(self, size: tuple[int, int]) -> NDArray[np.float32]:
        kept = np.empty((len(self._images), *size, self._images.shape[3]), np.float32)
        for start in range(0, len(kept), CHUNK):
            part = np.asarray(self._images[start : start + CHUNK])
            kept[start : start + len(part)] = self._preprocessing.sized(part, size)
        return kept


def _values(images: Images, size: tuple[int, int]) -> int:
    """Values in an image of this height and width."""
    return int(size[0] * size[1] * images.shape[3])
