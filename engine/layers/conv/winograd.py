"""Winograd convolution F(4×4, 3×3): 36 multiplications for 16 outputs instead of 144 (Lavin & Gray 2015, §4).

A unit is a few whole images, or a strip of tile rows of one, small enough that its transformed values stay in a
core's L2. For each unit: copy the window with its zeros; V = Bᵀ d B for every 6×6 tile; for each of the 36 elements
the product M = V·U on the register tile; Y = Aᵀ M A, plus bias. The arrays of the 36 elements are padded by a vector,
since strides that are powers of two evict each other from the cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from ...kernels.jit import kernel
from ...kernels.panel import copy_window, panel_add, panel_set
from ...kernels.simd import add, at_least, load, scaled, store, subtract
from ...kernels.vector import LANES, ROWS, WIDTH
from .tables import Conv, padded

Ints = NDArray[np.int64]
_UNIT_FLOATS = 256 * 1024  # transformed values of a unit: 1 MiB
_ELEMENTS = 36
F = np.float32


@dataclass(frozen=True)
class Winograd:
    """Arrays for the kernel `slide`; geometry in the order the kernel unpacks it."""

    geometry: Ints
    rows: Ints
    outs: Ints
    scratch: int
    packed: int


def applies(c: Conv) -> bool:
    """Whether this pass can and should use Winograd: 3×3, stride 1, whole vectors of channels, at least one full tile."""
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
    scratch = images * copy_rows * copy_cols * channels + _ELEMENTS * (v_step + m_step + LANES) + ROWS * WIDTH + LANES
    geometry = (batch, images, -(-batch // images) * strips, strip, strips, *source, *target, top, left, down, across, copy_rows, copy_cols,
                v_step, m_step, scratch)  # fmt: skip
    rows = np.arange(tiles, dtype=np.int64)
    packed = _ELEMENTS * channels * padded(filters)
    return Winograd(np.array(geometry, np.int64), rows * channels, rows * filters, scratch, packed)


@numba.njit(inline="always")
def _input_transform(d0, d1, d2, d3, d4, d5):
    """Bᵀ d."""
    even, odd = subtract(d4, scaled(d2, F(4))), subtract(d3, scaled(d1, F(4)))
    wide, tall = subtract(d4, d2), scaled(subtract(d3, d1), F(2))
    first = add(subtract(scaled(d0, F(4)), scaled(d2, F(5))), d4)
    last = add(subtract(scaled(d1, F(4)), scaled(d3, F(5))), d5)
    return first, add(even, odd), subtract(even, odd), add(wide, tall), subtract(wide, tall), last


@numba.njit(inline="always")
def _output_transform(m0, m1, m2, m3, m4, m5):
    """Aᵀ m."""
    a, b, c, d = add(m1, m2), subtract(m1, m2), add(m3, m4), subtract(m3, m4)
    return add(add(m0, a), c), add(b, scaled(d, F(2))), add(a, scaled(c, F(4))), add(add(b, scaled(d, F(8))), m5)


@numba.njit(nogil=True)
def _transform_tile(scratch, at, pitch, channels, out, step, spare):
    """One 6×6 tile for one vector of channels: both sides of Bᵀ d B, columns first."""
    for j in range(6):
        o = at + j * channels
        t = _input_transform(load(scratch, o), load(scratch, o + pitch), load(scratch, o + 2 * pitch), load(scratch, o + 3 * pitch),
                             load(scratch, o + 4 * pitch), load(scratch, o + 5 * pitch))  # fmt: skip
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
        store(scratch, z + 18 * LANES, t[3])
        store(scratch, z + 24 * LANES, t[4])
        store(scratch, z + 30 * LANES, t[5])
    for i in range(6):
        z = spare + i * 6 * LANES
        t = _input_transform(load(scratch, z), load(scratch, z + LANES), load(scratch, z + 2 * LANES), load(scratch, z + 3 * LANES),
                             load(scratch, z + 4 * LANES), load(scratch, z + 5 * LANES))  # fmt: skip
        v = out + i * 6 * step
        store(scratch, v, t[0])
        store(scratch, v + step, t[1])
        store(scratch, v + 2 * step, t[2])
        store(scratch, v + 3 * step, t[3])
        store(scratch, v + 4 * step, t[4])
        store(scratch, v + 5 * step, t[5])


@numba.njit(nogil=True)
def _write_tile(scratch, at, step, spare, target, out, row_pitch, pixel_pitch, rows, columns, bias, floor):
    """Aᵀ M A of one tile for one vector of filters, plus bias; only the rows and columns inside the image are written."""
    for j in range(6):
        m = at + j * step
        t = _output_transform(load(scratch, m), load(scratch, m + 6 * step), load(scratch, m + 12 * step), load(scratch, m + 18 * step),
                              load(scratch, m + 24 * step), load(scratch, m + 30 * step))  # fmt: skip
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
        store(scratch, z + 18 * LANES, t[3])
    for i in range(rows):
        z = spare + i * 6 * LANES
        t = _output_transform(load(scratch, z), load(scratch, z + LANES), load(scratch, z + 2 * LANES), load(scratch, z + 3 * LANES),
                              load(scratch, z + 4 * LANES), load(scratch, z + 5 * LANES))  # fmt: skip
        o = out + i * row_pitch
        store(target, o, at_least(add(t[0], bias), floor))
        if columns > 1:
            store(target, o + pixel_pitch, at_least(add(t[1], bias), floor))
        if columns > 2:
            store(target, o + 2 * pixel_pitch, at_least(add(t[2], bias), floor))
        if columns > 3:
            store(target, o + 3 * pixel_pitch, at_least(add(t[3], bias), floor))


@kernel
def slide(source, weights, bias, no_bias, target, geometry, rows, outs, one_tap, spare_outs, floor, scratch, threads):
    """target (N,H,W,K) = 3×3 convolution of source (N,Hs,Ws,C) with transformed weights, plus bias, clipped below by floor."""
    batch, images, units, strip, strips = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    source_height, source_width, channels = geometry[5], geometry[6], geometry[7]
    height, width, filters, top, left = geometry[8], geometry[9], geometry[10], geometry[11], geometry[12]
    down, across, copy_rows, copy_cols, v_step, m_step, area = (
        geometry[13], geometry[14], geometry[15], geometry[16], geometry[17], geometry[18], geometry[19])  # fmt: skip
    pitch = copy_cols * channels
    plane = copy_rows * pitch
    n_blocks = (filters + WIDTH - 1) // WIDTH
    for thread in numba.prange(threads):
        window = thread * area
        v0 = window + images * plane
        m0 = v0 + 36 * v_step
        spare = m0 + 36 * m_step
        tile_spare = spare + 36 * LANES
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            first_image, first_tile_row = (unit // strips) * images, (unit % strips) * strip
            n_images, n_rows = min(images, batch - first_image), min(strip, down - first_tile_row)
            count = n_images * n_rows * across
            for image in range(n_images):
                copy_window(source, (first_image + image) * source_height * source_width * channels, source_width * channels, 4 * first_tile_row - top,
                            4 * n_rows + 2, source_height, -left, copy_cols, source_width, 0, channels, channels, scratch, window + image * plane)
            for tile in range(count):
                image, row, column = tile // (n_rows * across), (tile // across) % n_rows, tile % across
                corner = window + image * plane + 4 * row * pitch + 4 * column * channels
                for c in range(0, channels, LANES):
                    _transform_tile(scratch, corner + c, pitch, channels, v0 + tile * channels + c, v_step, spare)
            for element in range(36):
                for block in range(n_blocks):
                    first = block * WIDTH
                    panel_set(scratch, v0 + element * v_step, rows, 0, one_tap, 0, 1, channels, 1, weights, (element * filters + first) * channels,
                              scratch, m0 + element * m_step + first, outs, 0, count, min(WIDTH, filters - first), no_bias, 0, F(-np.inf),
                              scratch, tile_spare, spare_outs)
            for tile in range(count):
                image, row, column = tile // (n_rows * across), (tile // across) % n_rows, tile % across
                y, x = 4 * (first_tile_row + row), 4 * column
                out = (((first_image + image) * height + y) * width + x) * filters
                for k in range(0, filters, LANES):
                    _write_tile(scratch, m0 + tile * filters + k, m_step, spare, target, out + k, width * filters, filters, min(4, height - y),
                                min(4, width - x), load(bias, k), floor)


@numba.njit(inline="always")
def _filter_transform(g0, g1, g2):
    """G g: the six values of one row or column of a filter."""
    outer, inner = scaled(add(g0, g2), F(-1 / 6)), scaled(g1, F(1 / 6))
    far, near = add(scaled(g0, F(1 / 24)), scaled(g2, F(1 / 6))), scaled(g1, F(1 / 12))
    return scaled(g0, F(1 / 4)), subtract(outer, inner), add(outer, inner), add(far, near), subtract(far, near), g2


@numba.njit(nogil=True)
def _transform_filters(w, at, tap, spare, scratch):
    """G g Gᵀ of LANES filters side by side: 36 vectors into scratch. A negative `tap` turns the filter by half a turn."""
    for s in range(3):
        o = at + s * tap
        t = _filter_transform(load(w, o), load(w, o + 3 * tap), load(w, o + 6 * tap))
        for_row = spare + s * LANES
        store(scratch, for_row, t[0])
        store(scratch, for_row + 3 * LANES, t[1])
        store(scratch, for_row + 6 * LANES, t[2])
        store(scratch, for_row + 9 * LANES, t[3])
        store(scratch, for_row + 12 * LANES, t[4])
        store(scratch, for_row + 15 * LANES, t[5])
    for r in range(6):
        z = spare + 3 * r * LANES
        t = _filter_transform(load(scratch, z), load(scratch, z + LANES), load(scratch, z + 2 * LANES))
        out = spare + (18 + 6 * r) * LANES
        store(scratch, out, t[0])
        store(scratch, out + LANES, t[1])
        store(scratch, out + 2 * LANES, t[2])
        store(scratch, out + 3 * LANES, t[3])
        store(scratch, out + 4 * LANES, t[4])
        store(scratch, out + 5 * LANES, t[5])


PACK_SCRATCH = 54 * LANES
"""Floats that `pack` needs for each thread."""


@kernel
def pack(w, packed, channels, filters, transposed, scratch, threads):
    """w (3,3,C,K) as G g Gᵀ in blocks of columns: (36, block, reduction, column).

    Plain: reduction over C, columns K. `transposed`, for the input's gradient: reduction over K, columns C, filters
    turned by half a turn.
    """
    tap = channels * filters
    for thread in numba.prange(threads):
        spare = thread * 54 * LANES
        for c in range(thread * channels // threads, (thread + 1) * channels // threads):
            for k in range(0, filters, LANES):
                at = c * filters + k
                if transposed:
                    _transform_filters(w, at + 8 * tap, -tap, spare, scratch)
                    first = c // WIDTH * WIDTH
                    wide = min(WIDTH, channels - first)
                    for element in range(36):
                        values = scratch[spare + (18 + element) * LANES : spare + (19 + element) * LANES]
                        start = (element * channels + first) * filters + k * wide + c - first
                        column = packed[start : start + (LANES - 1) * wide + 1]
                        for i in range(LANES):
                            column[i * wide] = values[i]
                else:
                    _transform_filters(w, at, tap, spare, scratch)
                    first = k // WIDTH * WIDTH
                    wide = min(WIDTH, filters - first)
                    for element in range(36):
                        out = (element * filters + first) * channels + c * wide + k - first
                        store(packed, out, load(scratch, spare + (18 + element) * LANES))


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
    geometry = (c.batch, images, -(-c.batch // images) * strips, strip, strips, c.height, c.width, c.channels, c.out_height, c.out_width, c.filters,
                c.top, c.left, down, across, copy_rows, copy_cols, v_step, z_step, u_step, padded_channels, copies, scratch, partial)  # fmt: skip
    rows = np.minimum(np.arange(padded_channels, dtype=np.int64), c.channels - 1)
    return WeightGradient(np.array(geometry, np.int64), rows, np.arange(padded_channels, dtype=np.int64) * c.filters, scratch, partial)


@numba.njit(inline="always")
def _gradient_transform(y0, y1, y2, y3):
    """A y."""
    even, odd = add(y0, y2), add(y1, y3)
    wide, tall = add(y0, scaled(y2, F(4))), add(scaled(y1, F(2)), scaled(y3, F(8)))
    return y0, add(even, odd), subtract(even, odd), add(wide, tall), subtract(wide, tall), y3


@numba.njit(nogil=True)
def _transform_gradient(scratch, at, pitch, filters, out, step, spare):
    """A dY Aᵀ of one 4×4 tile for one vector of filters."""
    for j in range(4):
        o = at + j * filters
        t = _gradient_transform(load(scratch, o), load(scratch, o + pitch), load(scratch, o + 2 * pitch), load(scratch, o + 3 * pitch))
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
        store(scratch, z + 18 * LANES, t[3])
        store(scratch, z + 24 * LANES, t[4])
        store(scratch, z + 30 * LANES, t[5])
    for i in range(6):
        z = spare + i * 6 * LANES
        t = _gradient_transform(load(scratch, z), load(scratch, z + LANES), load(scratch, z + 2 * LANES), load(scratch, z + 3 * LANES))
        v = out + i * 6 * step
        store(scratch, v, t[0])
        store(scratch, v + step, t[1])
        store(scratch, v + 2 * step, t[2])
        store(scratch, v + 3 * step, t[3])
        store(scratch, v + 4 * step, t[4])
        store(scratch, v + 5 * step, t[5])


@numba.njit(inline="always")
def _filter_gradient(u0, u1, u2, u3, u4, u5):
    """Gᵀ u."""
    near, far = add(u1, u2), add(u3, u4)
    tilt, lean = subtract(u2, u1), subtract(u3, u4)
    first = add(add(scaled(u0, F(1 / 4)), scaled(near, F(-1 / 6))), scaled(far, F(1 / 24)))
    second = add(scaled(tilt, F(1 / 6)), scaled(lean, F(1 / 12)))
    return first, second, add(add(scaled(near, F(-1 / 6)), scaled(far, F(1 / 6))), u5)


@numba.njit(nogil=True)
def _write_filter_gradient(partials, at, step, dw, out, tap, spare, scratch):
    """Gᵀ dU G for one channel and one vector of filters."""
    for j in range(6):
        u = at + j * step
        t = _filter_gradient(load(partials, u), load(partials, u + 6 * step), load(partials, u + 12 * step), load(partials, u + 18 * step),
                             load(partials, u + 24 * step), load(partials, u + 30 * step))  # fmt: skip
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
    for r in range(3):
        z = spare + 6 * r * LANES
        t = _filter_gradient(load(scratch, z), load(scratch, z + LANES), load(scratch, z + 2 * LANES), load(scratch, z + 3 * LANES),
                             load(scratch, z + 4 * LANES), load(scratch, z + 5 * LANES))  # fmt: skip
        store(dw, out + 3 * r * tap, t[0])
        store(dw, out + (3 * r + 1) * tap, t[1])
        store(dw, out + (3 * r + 2) * tap, t[2])


@kernel
def weight_gradient(x, dy, dw, db, has_bias, geometry, rows, outs, one_tap, partials, scratch, threads):
    """dw (3,3,C,K) = Gᵀ [Σ_tiles Vᵀ (A dY Aᵀ)] G and db (K,) = Σ dy, from x (N,H,W,C) and dy (N,OH,OW,K).

    Each thread sums its tiles in the transformed domain; the partial sums are added in thread order.
    """
    batch, images, units, strip, strips = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    height, width, channels, out_height, out_width, filters = geometry[5], geometry[6], geometry[7], geometry[8], geometry[9], geometry[10]
    top, left, down, across, copy_rows, copy_cols = geometry[11], geometry[12], geometry[13], geometry[14], geometry[15], geometry[16]
    v_step, z_step, u_step, padded_channels, copies, area, partial = (
        geometry[17], geometry[18], geometry[19], geometry[20], geometry[21], geometry[22], geometry[23])  # fmt: skip
    pitch, dy_pitch = copy_cols * channels, 4 * across * filters
    tap = channels * filters
    for thread in numba.prange(threads):
        window, mine = thread * area, thread * partial
        v0 = window + copies
        z0 = v0 + 36 * v_step
        spare = z0 + 36 * z_step
        partials[mine : mine + partial] = F(0)
        bias_sums = partials[mine + 36 * u_step : mine + 36 * u_step + filters]
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            first_image, first_tile_row = (unit // strips) * images, (unit % strips) * strip
            n_images, n_rows = min(images, batch - first_image), min(strip, down - first_tile_row)
            count, first_row = n_images * n_rows * across, 4 * first_tile_row
            for image in range(n_images):
                copy_window(x, (first_image + image) * height * width * channels, width * channels, first_row - top, 4 * n_rows + 2, height, -left, copy_cols,
                            width, 0, channels, channels, scratch, window + image * copy_rows * pitch)
            for tile in range(count):
                image, row, column = tile // (n_rows * across), (tile // across) % n_rows, tile % across
                corner = window + image * copy_rows * pitch + 4 * row * pitch + 4 * column * channels
                for c in range(0, channels, LANES):
                    _transform_tile(scratch, corner + c, pitch, channels, v0 + tile * channels + c, v_step, spare)
            for image in range(n_images):
                copy_window(dy, (first_image + image) * out_height * out_width * filters, out_width * filters, first_row, 4 * n_rows, out_height, 0, 4 * across,
                            out_width, 0, filters, filters, scratch, window + image * 4 * n_rows * dy_pitch)
            for tile in range(count):
                image, row, column = tile // (n_rows * across), (tile // across) % n_rows, tile % across
                corner = window + (image * n_rows + row) * 4 * dy_pitch + 4 * column * filters
                for k in range(0, filters, LANES):
                    _transform_gradient(scratch, corner + k, dy_pitch, filters, z0 + tile * filters + k, z_step, spare)
            if has_bias:
                for pixel in range(16 * count):
                    values = scratch[window + pixel * filters : window + (pixel + 1) * filters]
                    for k in range(filters):
                        bias_sums[k] += values[k]
            for element in range(36):
                for first in range(0, filters, WIDTH):
                    panel_add(scratch, v0 + element * v_step, rows, 0, one_tap, 0, 1, count, channels, scratch, z0 + element * z_step + first, 0, filters,
                              partials, mine + element * u_step + first, outs, 0, padded_channels, filters - first <= LANES)
    for c in numba.prange(channels):
        for other in range(1, threads):
            for element in range(36):
                at = element * u_step + c * filters
                total, part = partials[at : at + filters], partials[other * partial + at : other * partial + at + filters]
                for k in range(filters):
                    total[k] += part[k]
    for thread in numba.prange(threads):
        for c in range(thread * channels // threads, (thread + 1) * channels // threads):
            for k in range(0, filters, LANES):
                _write_filter_gradient(partials, c * filters + k, u_step, dw, c * filters + k, tap, thread * area, scratch)
    if has_bias:
        db[:] = partials[36 * u_step : 36 * u_step + filters]
        for other in range(1, threads):
            part = partials[other * partial + 36 * u_step : other * partial + 36 * u_step + filters]
            for k in range(filters):
                db[k] += part[k]
