"""Panels: a run of tile rows times one block of columns, tails included. What convolution and dense kernels call."""

import numba
import numpy as np

from .jit import FLAGS
from .simd import add, load, load_first, store, store_first
from .tile import (
    tile_add_narrow,
    tile_add_wide,
    tile_set_narrow,
    tile_set_row_narrow,
    tile_set_row_wide,
    tile_set_wide,
)
from .vector import LANES, ROWS, WIDTH
from .words import MASK, SUM

SPARE_OUTS = np.arange(ROWS, dtype=np.int64) * WIDTH
"""Row offsets of a tile that is stored by itself."""


# fmt: off
@numba.njit(**FLAGS)
def panel_set(
    a, a0, rows, r0, taps, t0, n_taps, n_inner, a_step, b, b0, c, c0, outs, u0, count, valid, bias, z0, floor,
    spare, spare_at, spare_outs,
):
    """`count` output rows × `valid` columns of one packed block of B: WIDTH wide, or LANES wide when valid ≤ LANES.

    Blocks that do not fill their vectors are computed into `spare` (ROWS × WIDTH at `spare_at`, `spare_outs` holding
    multiples of WIDTH) and copied.
    """
    narrow = valid <= LANES
    width = LANES if narrow else WIDTH
    b_tap = n_inner * width
    exact = valid == width
    target = c if exact else spare
    places = outs if exact else spare_outs
    base = c0 if exact else spare_at
    at = 0
    while at < count:
        if count - at < ROWS and count >= ROWS:
            at = count - ROWS  # the last tile overlaps the one before: the same values are written twice
        whole = count - at >= ROWS
        u = u0 + at if exact else 0
        if whole and not narrow:
            tile_set_wide(a, a0, rows, r0 + at, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, width,
                          target, base, places, u, bias, z0, floor)
        elif whole:
            tile_set_narrow(a, a0, rows, r0 + at, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, width,
                            target, base, places, u, bias, z0, floor)
        elif not narrow:
            tile_set_row_wide(a, a0, rows, r0 + at, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, width,
                              target, base, places, u, bias, z0, floor)
        else:
            tile_set_row_narrow(a, a0, rows, r0 + at, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, width,
                                target, base, places, u, bias, z0, floor)
        height = ROWS if whole else 1
        if not exact:
            for i in range(height):
                to, stored = c0 + outs[u0 + at + i], spare_at + i * WIDTH
                if narrow:
                    store_first(c, to, load(spare, stored), valid)
                else:
                    store(c, to, load(spare, stored))
                    store_first(c, to + LANES, load(spare, stored + LANES), valid - LANES)
        at += height


@numba.njit(**FLAGS)
def panel_add(a, a0, rows, r0, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, b_step, c, c0, outs, u0, count, narrow):
    """Add to `count` rows (a multiple of ROWS) × one block of columns of C."""
    for at in range(0, count, ROWS):
        if narrow:
            tile_add_narrow(a, a0, rows, r0 + at, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, b_step,
                            c, c0, outs, u0 + at)
        else:
            tile_add_wide(a, a0, rows, r0 + at, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, b_step,
                          c, c0, outs, u0 + at)
# fmt: on


@numba.njit(**FLAGS)
def copy_window(
    source, plane, row_pitch, row0, rows, height, col0, cols, width, channel0, channels, source_channels, target, at
):
    """Copy image rows [row0, row0+rows) × columns [col0, col0+cols) × a slice of channels, zeros outside the image.

    `plane` is the image's offset in `source`, whose pixels hold `source_channels` values; the target is packed.
    """
    for r in range(rows):
        row = row0 + r
        line = at + r * cols * channels
        out = target[line : line + cols * channels]
        if row < 0 or row >= height:
            out[:] = np.float32(0)
            continue
        left = min(max(-col0, 0), cols)
        right = max(min(width - col0, cols), left)
        start = plane + row * row_pitch + (col0 + left) * source_channels + channel0
        if left > 0:
            out[: left * channels] = np.float32(0)
        if right < cols:
            out[right * channels :] = np.float32(0)
        if channels == source_channels:
            count = (right - left) * channels
            inside, values = out[left * channels : right * channels], source[start : start + count]
            for i in range(count):
                inside[i] = values[i]
        else:
            for x in range(right - left):
                first = (left + x) * channels
                inside, values = (
                    out[first : first + channels],
                    source[start + x * source_channels : start + x * source_channels + channels],
                )
                for i in range(channels):
                    inside[i] = values[i]


@numba.njit(**FLAGS)
def add_rows(source, at, step, rows, columns, total):
    """total += the sum of rows, in their order; each vector of columns stays in a register."""
    whole = columns // LANES * LANES
    for k in range(0, whole, LANES):
        sums = load(total, k)
        for row in range(rows):
            sums = add(sums, load(source, at + row * step + k))
        store(total, k, sums)
    if whole < columns:
        rest = columns - whole
        sums = load_first(total, whole, rest)
        for row in range(rows):
            sums = add(sums, load_first(source, at + row * step + whole, rest))
        store_first(total, whole, sums, rest)


@numba.njit(**FLAGS)
def finish(what, other, target, at, count, floor):
    """The last touch on results while they are in cache: see NOTHING, MASK and SUM. NaN stays NaN."""
    if what == MASK:
        values, out = other[at : at + count], target[at : at + count]
        for i in range(count):
            out[i] = out[i] if values[i] > 0 else np.float32(0)
    elif what == SUM:
        more, out = other[at : at + count], target[at : at + count]
        for i in range(count):
            total = out[i] + more[i]
            out[i] = floor if total < floor else total
