"""What is done to the images of a batch, with their pixels, in one block of memory that a device takes over at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph.arena import aligned
from .pipeline import Drawn


@dataclass(frozen=True)
class Layout:
    """Where each array of a block lies: shapes and types by name, in this order, each on a cache line of its own."""

    arrays: Mapping[str, tuple[tuple[int, ...], str]]

    @classmethod
    def of(cls, drawn: Drawn, images: NDArray[Any], count: int) -> Layout:
        """For `count` images such as these, of whose augmentation `drawn` is an example."""
        height, width, channels = images.shape[1:]
        stages, holes = drawn.maps.shape[1], drawn.holes.shape[1]
        return cls({
            "pixels": ((count, height, width * channels), images.dtype.name),
            "maps": ((count, stages, 2, 3), "float64"),
            "lenses": ((count, max(stages - 1, 1)), "float64"),
            "tint": ((count, 3 + channels), "float64"),
            "whole": ((count, 5), "int64"),
            "samples": ((count, 2), "int64"),
            "holes": ((count, max(holes, 1), 4), "int64"),
        })  # fmt: skip

    @property
    def nbytes(self) -> int:
        """Bytes of the block."""
        return sum(aligned(_nbytes(*array)) for array in self.arrays.values())

    def flat_pixels(self, block: Any) -> Any:
        """The pixels, flat."""
        shape, kind = self.arrays["pixels"]
        return block[: _nbytes(shape, kind)].view(kind)

    def views(self, block: Any) -> dict[str, Any]:
        """The arrays in a block of bytes, of the host or of a device."""
        found, at = {}, 0
        for name, (shape, kind) in self.arrays.items():
            nbytes = _nbytes(shape, kind)
            found[name] = block[at : at + nbytes].view(kind).reshape(shape)
            at += aligned(nbytes)
        return found


def fill(views: Mapping[str, NDArray[Any]], drawn: Drawn, images: NDArray[Any], places: NDArray[np.int64]) -> None:
    """Write a batch: pixels of the images `places` of (M, H, W, C), and what was drawn for each."""
    rows = images.reshape(len(images), images.shape[1], -1)
    np.take(rows, places, 0, views["pixels"], mode="clip")  # in range; without a copy of its own
    tint = drawn.tint
    tinted = (tint.gain != 1) | (tint.offset != 0).any(1)
    views["maps"][:], views["whole"][:], views["samples"][:] = drawn.maps, drawn.whole, drawn.samples
    views["lenses"][:, : drawn.lenses.shape[1]] = drawn.lenses
    views["tint"][:, 0], views["tint"][:, 1], views["tint"][:, 2] = tinted, tint.gain, tint.of_mean
    views["tint"][:, 3:] = tint.offset
    views["holes"][:] = 0
    views["holes"][:, : drawn.holes.shape[1]] = drawn.holes


def _nbytes(shape: tuple[int, ...], kind: str) -> int:
    return math.prod(shape) * np.dtype(kind).itemsize
