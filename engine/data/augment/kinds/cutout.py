"""Hidden parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....spec import integer
from ..base import Erasing
from ..draws import MOST, Draws
from ..plane import Size


@dataclass(frozen=True)
class Cutout(Erasing):
    """Squares at random places set to zero in the network's input, which is the mean colour; edges may cut them."""

    size: int = integer(
        8, label="Side", help="Side of a square, in pixels of the network's input.", minimum=0, maximum=4096, unit="px"
    )
    count: int = integer(1, label="Squares", help="How many in each image.", minimum=1, maximum=MOST // 2)

    name = "cutout"
    title = "Cutout"
    summary = "Hides squares of the image."
    source = "DeVries & Taylor 2017"

    def holes(self, draws: Draws, window: Size) -> NDArray[np.int64]:
        holes = np.empty((len(draws), self.count, 4), np.int64)
        for hole in range(self.count):
            for axis, side in enumerate(window):
                first = draws.whole(0, side - 1) - self.size // 2
                holes[:, hole, axis] = np.clip(first, 0, side)
                holes[:, hole, axis + 2] = np.clip(first + self.size, 0, side)
        return holes
