"""The transforms of F(4×4, 3×3) on vectors of LANES channels side by side (Lavin & Gray 2015, §4.3).

With the points 0, 1, −1, 2, −2, ∞: Bᵀ (6×6) for inputs, G (6×3) for filters, Aᵀ (4×6) for outputs, and their
transposes for gradients. Each two-sided transform goes column by column into `spare`, then row by row.
"""

import numba
import numpy as np

from ...kernels.simd import add, at_least, load, scaled, store, subtract
from ...kernels.vector import LANES

F = np.float32


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


@numba.njit(inline="always")
def _filter_transform(g0, g1, g2):
    """G g: the six values of one row or column of a filter."""
    outer, inner = scaled(add(g0, g2), F(-1 / 6)), scaled(g1, F(1 / 6))
    far, near = add(scaled(g0, F(1 / 24)), scaled(g2, F(1 / 6))), scaled(g1, F(1 / 12))
    return scaled(g0, F(1 / 4)), subtract(outer, inner), add(outer, inner), add(far, near), subtract(far, near), g2


@numba.njit(inline="always")
def _gradient_transform(y0, y1, y2, y3):
    """A y."""
    even, odd = add(y0, y2), add(y1, y3)
    wide, tall = add(y0, scaled(y2, F(4))), add(scaled(y1, F(2)), scaled(y3, F(8)))
    return y0, add(even, odd), subtract(even, odd), add(wide, tall), subtract(wide, tall), y3


@numba.njit(inline="always")
def _filter_gradient(u0, u1, u2, u3, u4, u5):
    """Gᵀ u."""
    near, far = add(u1, u2), add(u3, u4)
    tilt, lean = subtract(u2, u1), subtract(u3, u4)
    first = add(add(scaled(u0, F(1 / 4)), scaled(near, F(-1 / 6))), scaled(far, F(1 / 24)))
    second = add(scaled(tilt, F(1 / 6)), scaled(lean, F(1 / 12)))
    return first, second, add(add(scaled(near, F(-1 / 6)), scaled(far, F(1 / 6))), u5)


@numba.njit(nogil=True)
def transform_tile(scratch, at, pitch, channels, out, step, spare):
    """One 6×6 tile for one vector of channels: both sides of Bᵀ d B, columns first."""
    for j in range(6):
        o = at + j * channels
        t = _input_transform(
            load(scratch, o),
            load(scratch, o + pitch),
            load(scratch, o + 2 * pitch),
            load(scratch, o + 3 * pitch),
            load(scratch, o + 4 * pitch),
            load(scratch, o + 5 * pitch),
        )
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
        store(scratch, z + 18 * LANES, t[3])
        store(scratch, z + 24 * LANES, t[4])
        store(scratch, z + 30 * LANES, t[5])
    for i in range(6):
        z = spare + i * 6 * LANES
        t = _input_transform(
            load(scratch, z),
            load(scratch, z + LANES),
            load(scratch, z + 2 * LANES),
            load(scratch, z + 3 * LANES),
            load(scratch, z + 4 * LANES),
            load(scratch, z + 5 * LANES),
        )
        v = out + i * 6 * step
        store(scratch, v, t[0])
        store(scratch, v + step, t[1])
        store(scratch, v + 2 * step, t[2])
        store(scratch, v + 3 * step, t[3])
        store(scratch, v + 4 * step, t[4])
        store(scratch, v + 5 * step, t[5])


@numba.njit(nogil=True)
def write_tile(scratch, at, step, spare, target, out, row_pitch, pixel_pitch, rows, columns, bias, floor):
    """Aᵀ M A of one tile for one vector of filters, plus bias; only what lies inside the image is written."""
    for j in range(6):
        m = at + j * step
        t = _output_transform(
            load(scratch, m),
            load(scratch, m + 6 * step),
            load(scratch, m + 12 * step),
            load(scratch, m + 18 * step),
            load(scratch, m + 24 * step),
            load(scratch, m + 30 * step),
        )
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
        store(scratch, z + 18 * LANES, t[3])
    for i in range(rows):
        z = spare + i * 6 * LANES
        t = _output_transform(
            load(scratch, z),
            load(scratch, z + LANES),
            load(scratch, z + 2 * LANES),
            load(scratch, z + 3 * LANES),
            load(scratch, z + 4 * LANES),
            load(scratch, z + 5 * LANES),
        )
        o = out + i * row_pitch
        store(target, o, at_least(add(t[0], bias), floor))
        if columns > 1:
            store(target, o + pixel_pitch, at_least(add(t[1], bias), floor))
        if columns > 2:
            store(target, o + 2 * pixel_pitch, at_least(add(t[2], bias), floor))
        if columns > 3:
            store(target, o + 3 * pixel_pitch, at_least(add(t[3], bias), floor))


@numba.njit(nogil=True)
def transform_filters(w, at, tap, spare, scratch):
    """G g Gᵀ of LANES filters side by side: 36 vectors into scratch. A negative `tap` turns filters by half a turn."""
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


@numba.njit(nogil=True)
def transform_gradient(scratch, at, pitch, filters, out, step, spare):
    """A dY Aᵀ of one 4×4 tile for one vector of filters."""
    for j in range(4):
        o = at + j * filters
        t = _gradient_transform(
            load(scratch, o), load(scratch, o + pitch), load(scratch, o + 2 * pitch), load(scratch, o + 3 * pitch)
        )
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
        store(scratch, z + 18 * LANES, t[3])
        store(scratch, z + 24 * LANES, t[4])
        store(scratch, z + 30 * LANES, t[5])
    for i in range(6):
        z = spare + i * 6 * LANES
        t = _gradient_transform(
            load(scratch, z), load(scratch, z + LANES), load(scratch, z + 2 * LANES), load(scratch, z + 3 * LANES)
        )
        v = out + i * 6 * step
        store(scratch, v, t[0])
        store(scratch, v + step, t[1])
        store(scratch, v + 2 * step, t[2])
        store(scratch, v + 3 * step, t[3])
        store(scratch, v + 4 * step, t[4])
        store(scratch, v + 5 * step, t[5])


@numba.njit(nogil=True)
def write_filter_gradient(partials, at, step, dw, out, tap, spare, scratch):
    """Gᵀ dU G for one channel and one vector of filters."""
    for j in range(6):
        u = at + j * step
        t = _filter_gradient(
            load(partials, u),
            load(partials, u + 6 * step),
            load(partials, u + 12 * step),
            load(partials, u + 18 * step),
            load(partials, u + 24 * step),
            load(partials, u + 30 * step),
        )
        z = spare + j * LANES
        store(scratch, z, t[0])
        store(scratch, z + 6 * LANES, t[1])
        store(scratch, z + 12 * LANES, t[2])
    for r in range(3):
        z = spare + 6 * r * LANES
        t = _filter_gradient(
            load(scratch, z),
            load(scratch, z + LANES),
            load(scratch, z + 2 * LANES),
            load(scratch, z + 3 * LANES),
            load(scratch, z + 4 * LANES),
            load(scratch, z + 5 * LANES),
        )
        store(dw, out + 3 * r * tap, t[0])
        store(dw, out + (3 * r + 1) * tap, t[1])
        store(dw, out + (3 * r + 2) * tap, t[2])


@numba.njit(nogil=True)
def transform_inputs(scratch, window, copy_rows, pitch, channels, images, rows, across, v0, v_step, spare):
    """V = Bᵀ d B for every tile of a unit and every channel."""
    for tile in range(images * rows * across):
        image, row, column = tile // (rows * across), (tile // across) % rows, tile % across
        corner = window + (image * copy_rows + 4 * row) * pitch + 4 * column * channels
        for c in range(0, channels, LANES):
            transform_tile(scratch, corner + c, pitch, channels, v0 + tile * channels + c, v_step, spare)
