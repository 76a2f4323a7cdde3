"""How Winograd's work is cut into units that stay in a core's L2. See winograd.py."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.vector import LANES, ROWS, WIDTH
from .tables import Conv, padded

Ints = NDArray[np.int64]
_UNIT_FLOATS = 112 * 1024  # transformed values of a unit: with maps and filters asked ahead they stay in L2
_LEAST_TILES = 24  # that share one reading of the transformed filters, which with many channels come from memory
_LEAST_SUMMED = 64  # that share one reading and writing of the filters' gradient


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
    images, strip = _unit(c, m, _LEAST_TILES, shares=4)
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


def _unit(c: Conv, m: int, least: int, shares: int) -> tuple[int, int]:
    """Images and tile rows of a unit: whole images or one strip of an image, so many shares of the batch if it can be.

    Tiles fill the rows of a register tile if there are enough of them, and where images are small enough for a choice,
    those of whole ones.
    """
    down, across = -(-c.out_height // m), -(-c.out_width // m)
    tiles, most = down * across, max(_UNIT_FLOATS // ((m + 2) ** 2 * (c.channels + c.filters)), least)
    filling = c.batch * tiles >= ROWS
    if (tiles < ROWS and filling) or (tiles <= most and c.batch >= shares):
        images = min(max(min(most // tiles, c.batch // shares), -(-ROWS // tiles)), c.batch)
        whole = ROWS // math.gcd(ROWS, tiles)
        return images // whole * whole or images, down
    longest = down if c.batch >= shares else max(-(-down // shares), -(-ROWS // across) if filling else 1)
    strips = -(-down // max(min(most // across, longest), 1))
    return 1, -(-down // strips)


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
    images, strip = _unit(c, m, _LEAST_SUMMED, shares=2)
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
