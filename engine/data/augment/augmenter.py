"""Batches of augmented network input from the images of a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...spec import Shape
from ..dataset import Images
from ..preprocess import Preprocessing
from . import cpu
from .base import Augmentation, Colour
from .boxes import moved
from .components import principal_components
from .pipeline import Drawn, Pipeline, check, start
from .source import Source

_NANOSECONDS = {True: 2.0, False: 13.0}  # for a value of the output, copied or interpolated; measured
_WORTH_THREADS = 1e5  # nanoseconds of work


class Augmenter:
    """The images (N, h, w, C) of a set on their way to a network's input `shape` (H, W, C).

    Images are augmented at their own size if the list cuts windows of the network's size out of larger ones; else the
    preprocessing brings them to that size first. ConvscopeError lists what does not go together.
    """

    def __init__(
        self,
        images: Images,
        preprocessing: Preprocessing,
        shape: Shape,
        augmentations: Sequence[Augmentation],
        seed: int,
    ) -> None:
        given, window = (images.shape[1], images.shape[2]), (shape[0], shape[1])
        check(augmentations, given, window)
        frame = start(augmentations, given, window)
        self._source = Source(images, preprocessing, window if frame == window else None)
        wanted = any(isinstance(a, Colour) and a.needs_components for a in augmentations)
        components = principal_components(images) if wanted else None
        self._pipeline = Pipeline(augmentations, frame, window, seed, components)
        self._finish, self._window = Finish(preprocessing, shape, given), window

    @property
    def in_memory(self) -> bool:
        """Whether the pixels are at hand, so that nothing has to be read or decoded."""
        return self._source.in_memory

    def fill(self, epoch: int, rows: NDArray[np.int64], out: NDArray[np.float32], threads: int = 1) -> None:
        """Write the images `rows`, as this epoch shows them, to `out` (n, H, W, C).

        The same bits for any number of threads. With more than one the caller holds `compute.exclusive`.
        """
        images, places = self._source.read(rows)
        self._finish.write(self._pipeline.draw(epoch, rows, out.shape[3]), images, places, out, threads)

    def raw(self, epoch: int, rows: NDArray[np.int64]) -> tuple[Drawn, NDArray[Any], NDArray[np.int64]]:
        """What `fill` goes by: what is drawn for each of the images `rows`, and where among the images given it is."""
        return (self._pipeline.draw(epoch, rows, self._source.channels), *self._source.read(rows))

    @property
    def finish(self) -> Finish:
        """The last part of the way."""
        return self._finish

    def boxes(
        self, epoch: int, rows: NDArray[np.int64], boxes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Where the boxes (n, 4) of the images `rows`, one each, lie in the input and which are seen: `boxes.moved`."""
        drawn = self._pipeline.draw(epoch, rows, 1)
        return moved(drawn, self._source.boxes(boxes), np.arange(len(rows)), self._window)


class Finish:
    """The last part of the way: what was drawn is done, and pixels become network input as `preprocessing` says."""

    def __init__(self, preprocessing: Preprocessing, shape: Shape, given: tuple[int, int]) -> None:
        height, width, channels = shape
        self._channels = channels
        self._scale = np.float32(preprocessing.scale)
        self._means = self._row(preprocessing.mean, width, channels)
        self._stds = self._row(preprocessing.std, width, channels)
        self._reverse = preprocessing.order == "bgr"
        self._mean_image = np.empty((0, width * channels), np.float32)
        if preprocessing.mean_image is not None:
            image = np.broadcast_to(preprocessing.mean_at(given, (height, width)), shape)
            self._mean_image = np.array(image, order="C").reshape(height, width * channels)  # writable, as all are

    @property
    def scale(self) -> np.float32:
        """What pixels are multiplied with."""
        return self._scale

    @property
    def means(self) -> NDArray[np.float32]:
        """(C,)"""
        return self._means[: self._channels]

    @property
    def stds(self) -> NDArray[np.float32]:
        """(C,)"""
        return self._stds[: self._channels]

    @property
    def mean_image(self) -> NDArray[np.float32]:
        """(H·W·C,), or of no values where there is none."""
        return self._mean_image.reshape(-1)

    @property
    def reverse(self) -> bool:
        """Whether the first channel comes last."""
        return self._reverse

    def write(
        self, drawn: Drawn, images: NDArray[Any], places: NDArray[np.int64], out: NDArray[np.float32], threads: int = 1
    ) -> None:
        """out (n, H, W, C) from images (N, h, w, C): number i from images[places[i]]."""
        threads = threads if _work(drawn, out) > _WORTH_THREADS else 1
        cpu.augment.for_threads(threads)(*self.arguments(drawn, images, places, out, threads))

    def arguments(
        self, drawn: Drawn, images: NDArray[Any], places: NDArray[np.int64], out: NDArray[np.float32], threads: int
    ) -> tuple[Any, ...]:
        """What the kernel is called with."""
        tint, rows_in, rows_out = drawn.tint, images.reshape(*images.shape[:2], -1), out.reshape(*out.shape[:2], -1)
        return (
            rows_in, places, out.shape[3], drawn.maps, drawn.lenses, drawn.whole, drawn.samples, drawn.border,
            tint.gain, tint.of_mean, tint.offset, drawn.holes,
            self._scale, self._means, self._mean_image, self._stds, self._reverse, rows_out, threads,
        )  # fmt: skip

    @staticmethod
    def _row(values: Sequence[float], width: int, channels: int) -> NDArray[np.float32]:
        """A value for each channel, or one for all, repeated along a row of the input."""
        return np.tile(np.broadcast_to(np.asarray(values, np.float32), (channels,)), width)


def example(pixels: type) -> tuple[Any, ...]:
    """The kernel's arguments for one image of one pixel, with the types of all: `pixels` is uint8 or float32."""
    one, rows = np.zeros((1, 1, 1, 1)), np.zeros(1, np.int64)
    drawn = Pipeline((), (1, 1), (1, 1), 0, None).draw(0, rows, 1)
    return Finish(Preprocessing(), (1, 1, 1), (1, 1)).arguments(
        drawn, one.astype(pixels), rows, one.astype(np.float32), 1
    )


def _work(drawn: Drawn, out: NDArray[np.float32]) -> float:
    """Nanoseconds on one core, roughly."""
    values = out.size / max(len(out), 1)
    points = np.where(drawn.whole[:, 0] == 1, 1, drawn.samples.prod(1))
    costs = np.where(drawn.whole[:, 0] == 1, _NANOSECONDS[True], _NANOSECONDS[False] * points)
    return float(costs.sum() * values)
