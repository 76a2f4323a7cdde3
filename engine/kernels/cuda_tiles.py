"""Which tile computes a product on the GPU: the one with the least estimated time on its chip.

The rates are data. Those below come from the instructions that kernels compile to, and have yet to be measured.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from .cuda_tile import Tile
from .modes import FLOAT32, TF32, TF32_THRICE

SIMULATOR = 0
"""The simulator's compute capability."""
TENSOR_CORES = 80
"""The first compute capability with tensor cores for TF32."""
_ALONE = 64 * 160.0
"""Time of a block that has a processor for itself, whatever its size: a thread has 64 outputs, and 160 threads keep
the arithmetic about busy."""
_NARROW = 16
"""Columns up to which tensor cores, whose tiles are twice as wide, gain nothing."""

Rates = Mapping[tuple[int, int, int], float]
"""Of tiles (rows, columns, depth): the share of the chip's multiply-adds that is reached while all processors work."""

_FLOAT32: Rates = {
    (128, 128, 8): 0.79, (64, 128, 8): 0.76, (128, 64, 8): 0.74, (64, 64, 8): 0.7, (128, 32, 8): 0.6,
    (64, 32, 8): 0.56, (32, 64, 8): 0.56, (128, 16, 8): 0.44, (32, 128, 8): 0.6,
}  # fmt: skip
_TF32: Rates = {
    (128, 128, 16): 0.6, (64, 128, 16): 0.55, (128, 64, 16): 0.55, (64, 64, 8): 0.48, (128, 32, 8): 0.4,
    (64, 32, 8): 0.36,
}  # fmt: skip
_TF32_THRICE: Rates = {
    (128, 128, 8): 0.6, (64, 128, 8): 0.58, (128, 64, 8): 0.58, (64, 64, 8): 0.55, (128, 32, 8): 0.45,
    (64, 32, 8): 0.42,
}  # fmt: skip
RATES: Mapping[str, Mapping[int, Rates]] = {
    FLOAT32: {SIMULATOR: {(16, 16, 8): 1.0}, 75: _FLOAT32},
    TF32: {SIMULATOR: {(64, 32, 8): 1.0}, TENSOR_CORES: _TF32},
    TF32_THRICE: {SIMULATOR: {(64, 32, 8): 1.0}, TENSOR_CORES: _TF32_THRICE},
}
"""By mode and the first compute capability that they hold for."""


class Means(NamedTuple):
    """What products are computed with: the mode (see words.py), the compute capability, the multiprocessors."""

    mode: str
    capability: int
    processors: int


_forced: list[tuple[int, int]] = []


@contextmanager
def forced(rows: int, columns: int) -> Iterator[None]:
    """Use tiles of this size wherever there are any, in plans that are made here; for tests and for measuring rates."""
    _forced.append((rows, columns))
    try:
        yield
    finally:
        _forced.pop()


def candidates(means: Means, columns: int) -> dict[Tile, float]:
    """The tiles there are for so many columns of outputs, with their rates."""
    mode = FLOAT32 if columns <= _NARROW else means.mode
    known = RATES[mode]
    rates = known[max(first for first in known if first <= means.capability)]
    return {Tile(*shape, mode): rate for shape, rate in rates.items()}


def of_slide(means: Means, pixels: int, filters: int, products: int) -> Tile:
    """The tile for so many equal products of (pixels, filters) outputs."""
    return _best(means, pixels, filters, products, _ALONE)


def of_correlation(means: Means, lines: int, filters: int, groups: int) -> Tile:
    """The tile for weights' gradients of (lines, filters), whose sums all processors share."""
    return _best(means._replace(processors=1), lines, filters, groups, 0)


def _best(means: Means, rows: int, columns: int, products: int, least: float) -> Tile:
    """That with which the busiest processor needs the least time; of equals that which leaves fewest outputs empty."""
    found = candidates(means, columns)
    wanted = [tile for tile in found if _forced and (tile.rows, tile.columns) == _forced[-1]]

    def cost(tile: Tile) -> tuple[float, float, float]:
        blocks = -(-rows // tile.rows) * -(-columns // tile.columns) * products
        work = tile.rows * tile.columns / found[tile]  # in multiply-adds of a whole processor
        return max(-(-blocks // means.processors) * work, least), blocks * tile.rows * tile.columns, -found[tile]

    return min(wanted or found, key=cost)
