"""Which algorithm computes a convolution: the one with the least estimated work, unless one is forced.

The estimate counts vector operations. Its constants were measured (AVX-512, maps in L2), and it is a rule rather than
a race at run time, so that the same network gives the same bits wherever it runs with the same vectors and threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ...kernels.vector import LANES
from ...spec import ConvscopeError
from .tables import Conv

DIRECT, WINOGRAD_SMALL, WINOGRAD_LARGE, CHANNELWISE = "direct", "winograd 2×2", "winograd 4×4", "channelwise"
ALGORITHMS = (DIRECT, WINOGRAD_SMALL, WINOGRAD_LARGE, CHANNELWISE)

_TILE = {WINOGRAD_SMALL: 2, WINOGRAD_LARGE: 4}
_TRANSFORMS = {WINOGRAD_SMALL: 75.0, WINOGRAD_LARGE: 225.0}
"""Operations to copy and transform one tile of one vector of channels, in or out."""
_PRODUCT_OVERHEAD = {DIRECT: 1.14, WINOGRAD_SMALL: 1.07, WINOGRAD_LARGE: 1.07, CHANNELWISE: 1.3}
"""Time of the products against their multiply-adds at full rate."""

_forced: list[str | None] = [os.environ.get("CONVSCOPE_CONVOLUTION") or None]


@contextmanager
def forced(name: str) -> Iterator[None]:
    """Use this algorithm wherever it can be used; for tests and comparisons."""
    _forced.append(name)
    try:
        yield
    finally:
        _forced.pop()


def choose(case: Conv) -> str:
    """One of ALGORITHMS; ConvscopeError if CONVSCOPE_CONVOLUTION names none of them."""
    able, wanted = possible(case), _forced[-1]
    if wanted is not None and wanted not in ALGORITHMS:
        raise ConvscopeError(f"CONVSCOPE_CONVOLUTION is {wanted!r}; use one of: {', '.join(ALGORITHMS)}.")
    return wanted if wanted in able else min(able, key=lambda name: work(case, name))


def possible(case: Conv) -> tuple[str, ...]:
    """Winograd is for 3×3 with stride 1 and whole vectors of channels, channelwise for many small groups."""
    if _has_small_groups(case):
        return DIRECT, CHANNELWISE
    plain = case.kernel == (3, 3) and case.stride == (1, 1) and case.dilation == (1, 1) and case.groups == 1
    whole = case.channels % LANES == 0 and case.filters % LANES == 0
    return (DIRECT, WINOGRAD_SMALL, WINOGRAD_LARGE) if plain and whole else (DIRECT,)


def _has_small_groups(case: Conv) -> bool:
    """Whether a vector holds several groups, each of one channel or of as many channels as filters."""
    channels, filters = case.group_channels, case.group_filters
    return case.groups > 1 and channels in (1, filters) and filters < LANES and LANES % filters == 0


def work(case: Conv, name: str) -> float:
    """Estimated vector operations of one pass over one image."""
    vectors = -(-case.group_filters // LANES) * case.groups
    if name == CHANNELWISE:
        vectors = -(-case.filters // LANES)
    if name in (DIRECT, CHANNELWISE):
        taps = case.kernel[0] * case.kernel[1] * case.group_channels
        return case.out_height * case.out_width * taps * vectors * _PRODUCT_OVERHEAD[name]
    m = _TILE[name]
    tiles = -(-case.out_height // m) * -(-case.out_width // m)
    products = (m + 2) ** 2 * case.channels * vectors * _PRODUCT_OVERHEAD[name]
    return tiles * (products + _TRANSFORMS[name] * (case.channels / LANES + vectors))


def tile_size(name: str) -> int:
    """Outputs a side of a Winograd tile."""
    return _TILE[name]
