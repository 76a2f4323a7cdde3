"""A picture at several sizes, each a constant factor smaller than the next."""

from __future__ import annotations

from ..spec import ConvscopeError
from .scales import Scales

Size = tuple[int, int]
USUAL = 4  # octaves, if the network can look at pictures so small


def octave_sizes(scales: Scales, size: Size, count: int, ratio: float) -> list[Size]:
    """Heights and widths from the smallest octave to `size` itself.

    `count` 0 stands for the usual four, or as many as the network can read. ConvscopeError if it was asked for more.
    """
    wanted = [_shrunk(size, ratio**k) for k in range(count or USUAL)]
    legal = 0
    while legal < len(wanted) and scales.fits(*wanted[legal]):
        legal += 1
    if count > legal:
        small, least = wanted[-1], _smallest(scales, size)
        raise ConvscopeError(
            f"{count} octaves of 1:{ratio:g} begin at {small[0]}×{small[1]} pixels and {scales.node} needs "
            f"{least[0]}×{least[1]}; use {legal} or fewer, or a larger image."
        )
    return wanted[:legal][::-1]


def _shrunk(size: Size, by: float) -> Size:
    return max(1, round(size[0] / by)), max(1, round(size[1] / by))


def _smallest(scales: Scales, size: Size) -> Size:
    """The smallest picture of these proportions that can be read, by bisection of its height."""
    low, high = 0, size[0]  # cannot be read, can be read
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if scales.fits(*_shrunk(size, size[0] / middle)) else (middle, high)
    return _shrunk(size, size[0] / high)
