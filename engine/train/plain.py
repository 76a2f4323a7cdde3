"""Batches of network input as the preprocessing makes it of images, without augmentation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data.augment.source import CACHE_LIMIT, CHUNK
from ..data.dataset import Images
from ..data.preprocess import Preprocessing
from ..spec import Shape
from . import cpu
from .localisation import into_input


class Plain:
    """Images (N, h, w, C) on their way to a network input of `shape` (H, W, C), as `Preprocessing.apply` makes it.

    Images of the network's size stay uint8 and are looked up in a table of 256 values a channel; images of another size
    are resized once, unless that takes more than `CACHE_LIMIT` bytes. Those of files are prepared batch by batch.
    """

    def __init__(self, images: Images, preprocessing: Preprocessing, shape: Shape) -> None:
        self.in_memory = isinstance(images, np.ndarray)
        self._preprocessing = preprocessing
        self._size = (shape[0], shape[1])
        self._images = images
        self.pixels: NDArray[np.uint8] | None = None
        """(N, H·W·C) in the network's order of channels, where they are looked up in `table`."""
        self._values: NDArray[np.float32] | None = None
        if not isinstance(images, np.ndarray):
            return
        if images.dtype == np.uint8 and preprocessing.by_value(images.shape[1:3], self._size):
            self.table = _table(preprocessing, shape[2])
            ordered = images[..., ::-1] if preprocessing.order == "bgr" else images
            self.pixels = np.ascontiguousarray(ordered).reshape(len(images), math.prod(shape))
        elif 4 * len(images) * math.prod(shape) <= CACHE_LIMIT:
            self._values = np.empty((len(images), math.prod(shape)), np.float32)
            for start in range(0, len(images), CHUNK):
                part = preprocessing.apply(images[start : start + CHUNK], self._size)
                self._values[start : start + CHUNK] = part.reshape(len(part), -1)

    def fill(self, epoch: int, rows: NDArray[np.int64], out: NDArray[np.float32], threads: int = 1) -> None:
        """Write the images `rows` to `out` (n, H, W, C), on one thread; all epochs show them alike."""
        count = len(rows)
        if self.pixels is not None:
            cpu.gather_pixels(self.pixels, rows, self.table, out.shape[-1], out.reshape(count, -1))
        elif self._values is not None:
            cpu.gather_values(self._values, rows, out.reshape(count, -1))
        else:
            out[...] = self._preprocessing.apply(self._images[rows], self._size)

    def boxes(
        self, epoch: int, rows: NDArray[np.int64], boxes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Where the boxes (n, 4) of the images `rows` lie in the input, and which are seen."""
        given = (self._images.shape[1], self._images.shape[2])
        moved = into_input(boxes, given, self._size, self._preprocessing)
        seen: NDArray[np.bool_] = (moved[:, 2] > moved[:, 0]) & (moved[:, 3] > moved[:, 1])
        return moved, seen


def _table(preprocessing: Preprocessing, channels: int) -> NDArray[np.float32]:
    """Network input for every pixel value, flat (channels · 256), in the network's channel order."""
    pixels = np.broadcast_to(np.arange(256, dtype=np.uint8).reshape(1, 256, 1, 1), (1, 256, 1, channels))
    unmoved = replace(preprocessing, fit="stretch", short_side=None)
    return np.ascontiguousarray(unmoved.apply(pixels, (256, 1)).reshape(256, channels).T).reshape(-1)
