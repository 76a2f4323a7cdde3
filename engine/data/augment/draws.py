"""Random numbers as a hash of (seed, epoch, place in the list, image, number), as dropout draws them.

Neither the batch, nor the order of images, nor threads have a part in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST = 64  # numbers an augmentation may draw for one image
_BELOW_LAYERS = 1 << 32  # places of augmentations lie behind all numbers of layers, whose streams are dropout's
_WORD = (1 << 64) - 1


@dataclass
class Draws:
    """The numbers that one augmentation, at `place` in the list, draws for the images `rows` in an epoch.

    Each call gives the next number of every image, (n,) in the order of `rows`.
    """

    seed: int
    epoch: int
    place: int
    rows: NDArray[np.int64]
    _drawn: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self.rows)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
        """From low up to, and without, high; a grid of 2⁻²⁴."""
        assert self._drawn < MOST, "an augmentation drew more numbers than it may"
        counters = self.rows.astype(np.uint64) * np.uint64(MOST) + np.uint64(self._drawn)
        self._drawn += 1
        return low + (high - low) * _uniform(_key(self.seed, self.epoch, _BELOW_LAYERS + self.place), counters)

    def normal(self) -> NDArray[np.float64]:
        """Of mean 0 and standard deviation 1 (Box & Muller 1958); takes two uniform numbers."""
        radius, angle = 1.0 - self.uniform(), 2 * math.pi * self.uniform()
        return each(lambda u: math.sqrt(-2 * math.log(u)), radius) * each(math.cos, angle)

    def whole(self, low: int, high: int) -> NDArray[np.int64]:
        """Whole numbers, both ends included."""
        return low + np.floor(self.uniform() * (high - low + 1)).astype(np.int64)

    def chance(self, probability: float) -> NDArray[np.bool_]:
        """True with this probability."""
        return self.uniform() < probability


def each(function: Callable[[float], float], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A function of every value. NumPy's own may round otherwise in another place of a longer array; this does not."""
    return np.fromiter(map(function, values.tolist()), np.float64, len(values))


def _uniform(key: int, counters: NDArray[np.uint64]) -> NDArray[np.float64]:
    """As `kernels.stream.uniform`."""
    z = np.uint64(key) + counters * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-24


def _key(seed: int, epoch: int, place: int) -> int:
    """As `kernels.stream.stream_key`."""
    z = (seed * 0xD1342543DE82EF95 + epoch * 0xDA942042E4DD58B5 + place) & _WORD
    z = ((z ^ (z >> 32)) * 0xD6E8FEB86659FD93) & _WORD
    return z ^ (z >> 32)
