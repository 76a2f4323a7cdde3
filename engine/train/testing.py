"""The crops of an image whose scores are averaged in a test (Krizhevsky et al. 2012, §4.1; He et al. 2016, §3.4)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.augment.augmenter import Finish
from ..data.augment.base import BORDERS, Tint
from ..data.augment.pipeline import Drawn, drawn
from ..data.augment.plane import Size, after, linear
from ..data.augment.source import Source
from ..data.dataset import Images
from ..data.geometry import Fit
from ..data.preprocess import Preprocessing
from ..spec import ConvscopeError, Shape
from .feed import Feed

CROPS = (1, 10)
LARGE_SCALES = (1.0, 8 / 7, 12 / 7, 15 / 7, 20 / 7)
"""Of the network's side; for one of 224: 224, 256, 384, 480 and 640, as He et al. 2016 have them."""
SMALL_SCALES = (1.0, 33 / 32, 34 / 32, 35 / 32, 36 / 32)
_TEN_CROP_SCALE = 8 / 7  # 256 for 224
_PADDING = 1 / 16  # of the network's side: 2 pixels for 28 and 32, well within what training with crops has shown
_LARGEST_SCALE = 8.0


@dataclass(frozen=True)
class View:
    """A window of the network's size, at (top, left) of the image scaled to `size`, and mirrored or not.

    Where the window leaves the image it shows what `border`, one of `augment.base.BORDERS`, says.
    """

    size: Size
    top: int
    left: int
    flipped: bool
    border: str = "edge"


def views(
    given: Size, window: Size, crops: int = 1, scales: int | Sequence[float] = 1, fit: Fit = "stretch"
) -> dict[View, int]:
    """The views of images of height and width `given`, and how often each counts: crops that coincide are one.

    One crop is the centre; ten are the four corners and the centre, each also mirrored. `scales` says how large the
    scaled image is for the network's input: factors, or 5 for `LARGE_SCALES`. Images larger than the input are scaled
    to 8/7 of it for ten crops. Of others nothing could be cut off: their five scales are `SMALL_SCALES`, and for ten
    crops zeros are added until a sixteenth of the input's side can be cut off on each side, which is what training with
    padded random crops has shown. ConvscopeError for other numbers.
    """
    small = given[0] <= window[0] and given[1] <= window[1]
    counts: Counter[View] = Counter()
    for factor in _factors(crops, scales, small):
        counts.update(_at(_scaled(given, window, factor, fit), window, crops, small))
    return dict(counts)


def _at(size: Size, window: Size, crops: int, padded: bool) -> Iterator[View]:
    """The views of an image scaled to `size`."""
    centre = [(side - cut) // 2 for side, cut in zip(size, window)]
    if crops == 1:
        yield View(size, centre[0], centre[1], False)
        return
    pads = [max(round(cut * _PADDING) - free, 0) if padded else 0 for cut, free in zip(window, centre)]
    rows, columns = ((-pad, side - cut + pad) for side, cut, pad in zip(size, window, pads))
    for flipped in (False, True):
        for top, left in ((centre[0], centre[1]), *itertools.product(rows, columns)):
            yield View(size, top, left, flipped, "zeros" if any(pads) else "edge")


def _factors(crops: int, scales: int | Sequence[float], small: bool) -> tuple[float, ...]:
    if crops not in CROPS:
        raise ConvscopeError(f"There cannot be {crops!r} crops; use 1 (the centre) or 10 (corners, centre, mirrored).")
    if isinstance(scales, int) and scales in {1, 5}:
        if scales == 5:
            return SMALL_SCALES if small else LARGE_SCALES
        return (_TEN_CROP_SCALE,) if crops == 10 and not small else (1.0,)
    factors = () if isinstance(scales, int) else tuple(float(factor) for factor in scales)
    if not factors or not all(1 <= factor <= _LARGEST_SCALE for factor in factors):
        what = "use 1, 5, or factors from 1 to 8 by which the image exceeds the network's input"
        raise ConvscopeError(f"The scales are {scales!r}; {what}.")
    return factors


def _scaled(given: Size, window: Size, factor: float, fit: Fit) -> Size:
    """The size of the scaled image; like the preprocessing it is stretched to the input's proportions, or covers it."""
    across = [factor * cut / side for side, cut in zip(given, window)]
    by = across if fit == "stretch" else [max(across)] * 2
    return max(round(given[0] * by[0]), window[0]), max(round(given[1] * by[1]), window[1])


def feeds(
    images: Images, labels: NDArray[np.int64], preprocessing: Preprocessing, shape: Shape, wanted: dict[View, int]
) -> list[Feed]:
    """A feed for each view; pixels of a batch are read once for all of them."""
    reader = _Reader(Source(images, preprocessing, None))
    nothing = np.empty((0, *images.shape[1:]), np.uint8)
    return [
        Feed(images if place == 0 else nothing, labels, preprocessing, shape, maker=_Maker(view, reader, finish))
        for finish in [Finish(preprocessing, shape, (images.shape[1], images.shape[2]))]
        for place, view in enumerate(wanted)
    ]


class _Reader:
    """Remembers the last batch of pixels."""

    def __init__(self, source: Source) -> None:
        self.in_memory = source.in_memory
        self._source = source
        self._rows = np.empty(0, np.int64)

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        if not len(self._rows) or not np.array_equal(rows, self._rows):
            self._read, self._rows = self._source.read(rows), rows
        return self._read


class _Maker:
    """Batches of one view of images."""

    in_memory = True  # for the feed: nothing is to be made ahead, whichever view comes first reads for all

    def __init__(self, view: View, reader: _Reader, finish: Finish) -> None:
        self._view, self._reader, self._finish = view, reader, finish

    def fill(self, epoch: int, rows: NDArray[np.int64], out: NDArray[np.float32], threads: int = 1) -> None:
        """Write the images `rows` to `out` (n, H, W, C)."""
        images, places = self._reader.read(rows)
        way = way_of(self._view, images.shape[1:3], out.shape[1:3], len(rows), out.shape[3])
        self._finish.write(way, images, places, out, threads)


def way_of(view: View, given: tuple[int, ...], window: tuple[int, ...], count: int, channels: int) -> Drawn:
    """The view as the kernel takes it, the same for all images."""
    down, across = given[0] / view.size[0], given[1] / view.size[1]
    corner = (view.top + 0.5) * down - 0.5, (view.left + 0.5) * across - 0.5
    maps = linear(count, down, 0.0, 0.0, across, *corner)
    if view.flipped:
        maps = after(maps, linear(count, 1.0, 0.0, 0.0, -1.0, 0.0, window[1] - 1.0))
    holes = np.empty((count, 0, 4), np.int64)
    return drawn([maps], [], BORDERS.index(view.border), Tint.none(count, channels), holes)
