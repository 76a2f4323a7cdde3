"""A list of augmentations as one pass over each image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...spec import ConvscopeError
from .base import BORDERS, Augmentation, Colour, Erasing, Floats, Geometric, Tint
from .draws import Draws
from .plane import Size, after, centre, shift

_MOST_SAMPLES = 64  # points a pixel averages in each direction


@dataclass(frozen=True)
class Drawn:
    """What happens to each of n images, as numbers.

    The point p of the output shows the point of the image that `maps` (n, S, 2, 3) and `lenses` (n, S − 1) lead to: the
    first map, then a lens, p · (1 + lens · |p|²), then the next map … `whole` (n, 5) is 1, sy, ty, sx, tx where that is
    (sy·y + ty, sx·x + tx) in whole numbers, which copies pixels, and begins with 0 elsewhere. `samples` (n, 2) points
    down and across are averaged for an output pixel. `holes` (n, k, 4) are erased.
    """

    maps: Floats
    lenses: Floats
    whole: NDArray[np.int64]
    samples: NDArray[np.int64]
    border: int
    tint: Tint
    holes: NDArray[np.int64]


class Pipeline:
    """What a list does to images of the size `frame` on their way to a network's input of the size `window`.

    Whatever the order in the list: first all that moves pixels, in the order of the list, along one map, then colours,
    then erasing. An image is continued beyond its edge, so what a crop cut off may be moved in again by what follows.
    """

    def __init__(
        self, augmentations: Sequence[Augmentation], frame: Size, window: Size, seed: int, components: Floats | None
    ) -> None:
        self._all, self._seed, self._components = tuple(augmentations), seed, components
        self._frame, self._window = frame, window
        self._border = BORDERS.index(next(iter(_borders(self._all)), "edge"))

    def draw(self, epoch: int, rows: NDArray[np.int64], channels: int) -> Drawn:
        """What happens to the images `rows` in an epoch; each depends on (seed, epoch, its row) alone."""
        draws = [Draws(self._seed, epoch, place, rows) for place in range(len(self._all))]
        maps, lenses = self._ways(draws, len(rows))
        tint = Tint.none(len(rows), channels)
        holes = [np.empty((len(rows), 0, 4), np.int64)]
        for augmentation, own in zip(self._all, draws):
            if isinstance(augmentation, Colour):
                tint = augmentation.tint(own, tint, self._components)
            elif isinstance(augmentation, Erasing):
                holes.append(augmentation.holes(own, self._window))
        return drawn(maps, lenses, self._border, tint, np.concatenate(holes, 1))

    def _ways(self, draws: Sequence[Draws], count: int) -> tuple[list[Floats], list[Floats]]:
        """Maps and the lenses between them, from the output to the image."""
        maps: list[Floats] = [shift(count)]
        lenses: list[Floats] = []
        frame = self._frame
        for augmentation, own in zip(self._all, draws):
            if not isinstance(augmentation, Geometric):
                continue
            way = augmentation.way(own, frame, self._window)
            if way.lens is None:
                maps[0] = after(maps[0], way.affine)
            else:
                y, x = centre(frame)
                maps[0] = after(maps[0], shift(count, y, x))
                maps.insert(0, after(shift(count, -y, -x), way.affine))
                lenses.insert(0, way.lens)
            frame = self._window if augmentation.makes_size else frame
        return maps, lenses


def drawn(maps: Sequence[Floats], lenses: Sequence[Floats], border: int, tint: Tint, holes: NDArray[np.int64]) -> Drawn:
    """With `whole` and `samples` found from the maps."""
    straight = maps[0]
    for outer in maps[1:]:
        straight = after(outer, straight)
    count = len(straight)
    bent = np.zeros(count, bool)
    for lens in lenses:
        bent |= lens != 0
    diagonal = straight[:, (0, 1), (0, 1)]
    copies = ~bent & (np.abs(diagonal) == 1).all(1) & (straight[:, (0, 1), (1, 0)] == 0).all(1)
    copies &= (straight[:, :, 2] == np.rint(straight[:, :, 2])).all(1)
    whole = np.zeros((count, 5), np.int64)
    whole[copies, 0] = 1
    whole[copies, 1::2], whole[copies, 2::2] = diagonal[copies], straight[copies, :, 2]
    steps = np.sqrt(straight[:, 0, :2] ** 2 + straight[:, 1, :2] ** 2)
    samples = np.clip(np.rint(steps), 1, _MOST_SAMPLES).astype(np.int64)
    stacked = np.stack(lenses, 1) if lenses else np.empty((count, 0))
    return Drawn(np.stack(maps, 1), stacked, whole, samples, border, tint, holes)


def misfits(augmentations: Sequence[Augmentation], frame: Size, window: Size) -> list[str]:
    """Reasons, each with its fix, why a list cannot be used on images of this size for this network's input."""
    reasons = []
    borders = _borders(augmentations)
    if len(borders) > 1:
        used = " and ".join(f"{name} for {border}" for border, name in borders.items())
        reasons.append(f"the image is read once and has one border, and the augmentations ask {used}, choose one")
    frame = start(augmentations, frame, window)
    for augmentation in augmentations:
        if isinstance(augmentation, Geometric):
            if fault := augmentation.misfit(frame, window):
                reasons.append(fault)
            frame = window if augmentation.makes_size else frame
    return reasons


def start(augmentations: Sequence[Augmentation], given: Size, window: Size) -> Size:
    """The size of the images that the list begins with: their own if it cuts windows of the input's size out of larger
    images, else that of the input, which the preprocessing brings them to.
    """
    cuts = any(isinstance(a, Geometric) and a.makes_size for a in augmentations)
    return given if cuts and given[0] >= window[0] and given[1] >= window[1] else window


def check(augmentations: Sequence[Augmentation], frame: Size, window: Size) -> None:
    """ConvscopeError with all `misfits`."""
    if reasons := misfits(augmentations, frame, window):
        raise ConvscopeError(f"The images cannot be augmented: {'; '.join(reasons)}.")


def _borders(augmentations: Sequence[Augmentation]) -> dict[str, str]:
    """The borders asked for, each with the first that asks for it."""
    found: dict[str, str] = {}
    for augmentation in augmentations:
        border = getattr(augmentation, "border", None)
        if border is not None:
            found.setdefault(border, augmentation.name)
    return found
