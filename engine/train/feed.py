"""A split of a data set, ready to be gathered in any order as network input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.preprocess import Preprocessing
from ..spec import Shape
from . import cpu

CACHE_LIMIT = 1 << 30  # bytes of resized images kept; beyond it they are resized for every batch
_CHUNK = 512  # images resized at once, so that intermediate arrays stay small


class Feed:
    """Images (N, h, w, C) and labels (N,) of one split, for a network input of `shape` (H, W, C).

    `fill` writes a batch exactly as `Preprocessing.apply` would. Images of the network's size stay uint8 and are
    looked up in a table of 256 values a channel; images of another size are resized once.
    """

    def __init__(self, images: NDArray[Any], labels: NDArray[Any], preprocessing: Preprocessing, shape: Shape) -> None:
        self.labels = np.ascontiguousarray(labels, np.int64)
        self._preprocessing = preprocessing
        self._size = (shape[0], shape[1])
        self._source = images
        self._pixels: NDArray[np.uint8] | None = None
        self._values: NDArray[np.float32] | None = None
        nbytes = 4 * len(images) * math.prod(shape)
        if images.dtype == np.uint8 and images.shape[1:3] == self._size:
            self._table = _table(preprocessing, shape[2])
            ordered = images[..., ::-1] if preprocessing.order == "bgr" else images
            self._pixels = np.ascontiguousarray(ordered).reshape(len(images), math.prod(shape))
        elif nbytes <= CACHE_LIMIT:
            self._values = np.empty((len(images), math.prod(shape)), np.float32)
            for start in range(0, len(images), _CHUNK):
                part = preprocessing.apply(images[start : start + _CHUNK], self._size)
                self._values[start : start + _CHUNK] = part.reshape(len(part), -1)

    def __len__(self) -> int:
        return len(self.labels)

    def fill(self, rows: NDArray[np.int64], out: NDArray[np.float32]) -> None:
        """Write the images `rows` to `out` (n, H, W, C). The caller holds `compute.exclusive`."""
        count = len(rows)
        if self._pixels is not None:
            cpu.gather_pixels(self._pixels, rows, self._table, out.shape[-1], out.reshape(count, -1))
        elif self._values is not None:
            cpu.gather_values(self._values, rows, out.reshape(count, -1))
        else:
            out[...] = self._preprocessing.apply(self._source[rows], self._size)


def shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of `count` images in an epoch (the first is 0): a permutation that depends on nothing else."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, epoch], np.uint64))).permutation(count)


def _table(preprocessing: Preprocessing, channels: int) -> NDArray[np.float32]:
    """Network input for every pixel value, flat (channels · 256), in the network's channel order."""
    pixels = np.broadcast_to(np.arange(256, dtype=np.uint8).reshape(1, 256, 1, 1), (1, 256, 1, channels))
    return np.ascontiguousarray(preprocessing.apply(pixels, (256, 1)).reshape(256, channels).T).reshape(-1)
