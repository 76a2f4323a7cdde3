"""Sums that one step takes for another: a convolution's writer has the rows in cache that batch norm wants to sum.

A *measuring* is what kernels take: (what, channels, partner, mean, inverse_std, sums, block), see kernels/moments.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels.moments import MOMENTS, NOTHING, PRODUCTS

if TYPE_CHECKING:
    from .binding import Array

Measuring = tuple[int, int, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Sums:
    """Room for two sums of each channel from each of so many threads."""

    channels: int
    threads: int
    sums: Array
    block: Array

    @classmethod
    def room(cls, channels: int, threads: int) -> Sums:
        count = 2 * channels * threads
        return cls(channels, threads, np.zeros(count, np.float64), np.zeros(count, np.float32))

    def of_values(self) -> Measuring:
        """Sums of x and x² of the values written."""
        none = self.block
        return MOMENTS, self.channels, none, none, none, self.sums, self.block

    def of_gradient(self, partner: Array, mean: Array, inverse_std: Array) -> Measuring:
        """Sums of dy and dy·x̂ of the gradient written, x̂ being the normalised `partner`."""
        return PRODUCTS, self.channels, partner, mean, inverse_std, self.sums, self.block


def nothing() -> Measuring:
    """What a kernel takes that is to sum nothing."""
    none = np.zeros(1, np.float32)
    return NOTHING, 1, none, none, none, np.zeros(1, np.float64), none
