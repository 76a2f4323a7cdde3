"""Where Winograd applies, and how its work is cut into units that stay in a core's L2. See winograd.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.vector import LANES, ROWS, WIDTH
from .tables import Conv, padded

Ints = NDArray[np.int64]
_UNIT_FLOATS = 256 * 1024  # transformed values of a unit: 1 MiB
_ELEMENTS = 36


@dataclass(frozen=True)
class Winograd:
    """Arrays for the kernel `slide`; geometry in the order the kernel unpacks it."""

    geometry: Ints
    rows: Ints
    outs: Ints
    scratch: int
    packed: int


def applies(c: Conv) -> bool:
    """Whether Winograd can and should be used: 3×3, stride 1, whole vectors of channels, at least one full tile."""
    simple = c.kernel == (3, 3) and c.stride == (1, 1) and c.dilation == (1, 1) and c.groups == 1
    return simple and c.channels % LANES == 0 and c.filters % LANES == 0 and min(c.out_height, c.out_width) >= 4


def tables(batch: int, source: tuple[int, int, int], target: tuple[int, int, int], top: int, left: int) -> Winograd:
    """Units for a pass from (Hs, Ws, C) to (H, W, K) with the given zeros before the first row and column."""
    channels, filters = source[2], target[2]
    down, across = -(-target[0] // 4), -(-target[1] // 4)
    most = max(_UNIT_FLOATS // (_ELEMENTS * (channels + filters)), 1)
    if down * across <= most and batch >= 4:
        images, strip = max(min(most // (down * across), batch // 4), 1), down
    else:
        images, strip = 1, max(min(most // across, down if batch >= 4 else -(-down // 4)), 1)
    tiles = images * strip * across
    strips = -(-down // strip)
    copy_rows, copy_cols = 4 * strip + 2, 4 * across + 2
    v_step, m_step = tiles * channels + LANES, tiles * filters + LANES
    scratch = images * copy_rows * copy_cols * channels + _ELEMENTS * (v_step + m_step) + ROWS * WIDTH + LANES
    geometry = (
        batch,
        images,
        -(-batch // images) * strips,
        strip,
        strips,
        *source,
        *target,
        top,
        left,
        down,
        across,
        copy_rows,
        copy_cols,
        v_step,
        m_step,
        scratch,
    )
    rows = np.arange(tiles, dtype=np.int64)
    packed = _ELEMENTS * channels * padded(filters)
    return Winograd(np.array(geometry, np.int64), rows * channels, rows * filters, scratch, packed)


@dataclass(frozen=True)
class WeightGradient:
    """Arrays for the kernel `weight_gradient`; geometry in the order the kernel unpacks it."""

    geometry: Ints
    rows: Ints
    outs: Ints
    scratch: int
    partial: int


def weight_gradient_tables(c: Conv) -> WeightGradient:
    """Units for the weight gradient of a case to which Winograd applies."""
    down, across = -(-c.out_height // 4), -(-c.out_width // 4)
    most = max(_UNIT_FLOATS // (_ELEMENTS * (c.channels + c.filters)), 1)
    if down * across <= most:
        images, strip = max(min(most // (down * across), c.batch // 2), 1), down
    else:
        images, strip = 1, max(most // across, 1)
    tiles, strips = images * strip * across, -(-down // strip)
    copy_rows, copy_cols = 4 * strip + 2, 4 * across + 2
    padded_channels = -(-c.channels // ROWS) * ROWS
    v_step, z_step = tiles * c.channels + LANES, tiles * c.filters + LANES
    copies = images * max(copy_rows * copy_cols * c.channels, 16 * strip * across * c.filters)
    scratch = copies + _ELEMENTS * (v_step + z_step + LANES) + LANES
    u_step = padded_channels * c.filters + LANES
    partial = _ELEMENTS * u_step + c.filters
    geometry = (
        c.batch,
        images,
        -(-c.batch // images) * strips,
        strip,
        strips,
        c.height,
        c.width,
        c.channels,
        c.out_height,
        c.out_width,
        c.filters,
        c.top,
        c.left,
        down,
        across,
        copy_rows,
        copy_cols,
        v_step,
        z_step,
        u_step,
        padded_channels,
        copies,
        scratch,
        partial,
    )
    rows = np.minimum(np.arange(padded_channels, dtype=np.int64), c.channels - 1)
    return WeightGradient(
        np.array(geometry, np.int64), rows, np.arange(padded_channels, dtype=np.int64) * c.filters, scratch, partial
    )
