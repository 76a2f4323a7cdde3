"""How Winograd's work is cut into units that stay in a core's L2. See winograd.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.vector import LANES, ROWS, WIDTH
from .tables import Conv, padded

Ints = NDArray[np.int64]
_UNIT_FLOATS = 256 * 1024  # transformed values of a unit: 1 MiB


@dataclass(frozen=True)
class Winograd:
    """Arrays for the kernel `slide`; geometry in the order the kernel unpacks it."""

    geometry: Ints
    rows: Ints
    outs: Ints
    scratch: int
    packed: int


def tables(c: Conv, m: int) -> Winograd:
    """Units for a pass with tiles of m×m outputs."""
    channels, filters, batch, elements = c.channels, c.filters, c.batch, (m + 2) ** 2
    down, across = -(-c.out_height // m), -(-c.out_width // m)
    most = max(_UNIT_FLOATS // (elements * (channels + filters)), 1)
    if down * across <= most and batch >= 4:
        images, strip = max(min(most // (down * across), batch // 4), 1), down
    else:
        images, strip = 1, max(min(most // across, down if batch >= 4 else -(-down // 4)), 1)
    tiles = images * strip * across
    strips = -(-down // strip)
    copy_rows, copy_cols = m * strip + 2, m * across + 2
    v_step, m_step = tiles * channels + LANES, tiles * filters + LANES
    scratch = images * copy_rows * copy_cols * channels + elements * (v_step + m_step) + ROWS * WIDTH + LANES
    geometry = (
        batch,
        images,
        -(-batch // images) * strips,
        strip,
        strips,
        *(c.height, c.width, channels),
        *(c.out_height, c.out_width, filters),
        c.top,
        c.left,
        down,
        across,
        copy_rows,
        copy_cols,
        v_step,
        m_step,
        scratch,
        m,
    )
    rows = np.arange(tiles, dtype=np.int64)
    packed = elements * channels * padded(filters)
    return Winograd(np.array(geometry, np.int64), rows * channels, rows * filters, scratch, packed)


@dataclass(frozen=True)
class WeightGradient:
    """Arrays for the kernel `weight_gradient`; geometry in the order the kernel unpacks it."""

    geometry: Ints
    rows: Ints
    outs: Ints
    scratch: int
    partial: int


def weight_gradient_tables(c: Conv, m: int) -> WeightGradient:
    """Units for the weight gradient, with tiles of m×m outputs."""
    elements = (m + 2) ** 2
    down, across = -(-c.out_height // m), -(-c.out_width // m)
    most = max(_UNIT_FLOATS // (elements * (c.channels + c.filters)), 1)
    if down * across <= most:
        images, strip = max(min(most // (down * across), c.batch // 2), 1), down
    else:
        images, strip = 1, max(most // across, 1)
    tiles, strips = images * strip * across, -(-down // strip)
    copy_rows, copy_cols = m * strip + 2, m * across + 2
    padded_channels = -(-c.channels // ROWS) * ROWS
    v_step, z_step = tiles * c.channels + LANES, tiles * c.filters + LANES
    copies = images * max(copy_rows * copy_cols * c.channels, m * m * strip * across * c.filters)
    scratch = copies + elements * (v_step + z_step + LANES) + LANES
    u_step = padded_channels * c.filters + LANES
    partial = elements * u_step + c.filters
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
        m,
    )
    rows = np.minimum(np.arange(padded_channels, dtype=np.int64), c.channels - 1)
    return WeightGradient(
        np.array(geometry, np.int64), rows, np.arange(padded_channels, dtype=np.int64) * c.filters, scratch, partial
    )
