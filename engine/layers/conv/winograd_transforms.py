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


@numba.njit(inline="always")
def _three(array, at, step):
    """Three vectors, `step` floats apart."""
    return load(array, at), load(array, at + step), load(array, at + 2 * step)


@numba.njit(inline="always")
def _four(array, at, step):
    """Four vectors, `step` floats apart."""
    return load(array, at), load(array, at + step), load(array, at + 2 * step), load(array, at + 3 * step)


@numba.njit(inline="always")
def _six(array, at, step):
    """Six vectors, `step` floats apart."""
    return (
        load(array, at),
        load(array, at + step),
        load(array, at + 2 * step),
        load(array, at + 3 * step),
        load(array, at + 4 * step),
        load(array, at + 5 * step),
    )


@numba.njit(inline="always")
def _put_three(array, at, step, v):
    store(array, at, v[0])
    store(array, at + step, v[1])
    store(array, at + 2 * step, v[2])


@numba.njit(inline="always")
def _put_six(array, at, step, v):
    store(array, at, v[0])
    store(array, at + step, v[1])
    store(array, at + 2 * step, v[2])
    store(array, at + 3 * step, v[3])
    store(array, at + 4 * step, v[4])
    store(array, at + 5 * step, v[5])


@numba.njit(inline="always")
def _outer(array, at, pitch):
    """Row 0 of Bᵀ d in one column; row 5 from one row further down."""
    d0, d2, d4 = load(array, at), load(array, at + 2 * pitch), load(array, at + 4 * pitch)
    return add(subtract(scaled(d0, F(4)), scaled(d2, F(5))), d4)


@numba.njit(inline="always")
def _near(array, at, pitch):
    """The sum and the difference of these are rows 1 and 2 of Bᵀ d in one column."""
    d1, d2, d3, d4 = _four(array, at + pitch, pitch)
    return subtract(d4, scaled(d2, F(4))), subtract(d3, scaled(d1, F(4)))


@numba.njit(inline="always")
def _far(array, at, pitch):
    """The sum and the difference of these are rows 3 and 4 of Bᵀ d in one column."""
    d1, d2, d3, d4 = _four(array, at + pitch, pitch)
    return subtract(d4, d2), scaled(subtract(d3, d1), F(2))


@numba.njit(inline="always")
def _put_row(array, out, step, a, b, c, d, e, f):
    """One row of Bᵀ d, transformed along the row, to six places."""
    _put_six(array, out, step, _input_transform(a, b, c, d, e, f))


@numba.njit(inline="always")
def _put_pair(array, out, step, a, b, c, d, e, f):
    """Two rows of Bᵀ d, given as halves of their sums and differences."""
    _put_row(
        array, out, step, add(*a), add(*b), add(*c), add(*d), add(*e), add(*f)
    )  # fmt: skip
    _put_row(
        array, out + 6 * step, step,
        subtract(*a), subtract(*b), subtract(*c), subtract(*d), subtract(*e), subtract(*f),
    )  # fmt: skip


@numba.njit(nogil=True)
def transform_tile(scratch, at, pitch, channels, out, step):
    """Bᵀ d B of one 6×6 tile for one vector of channels.

    Rows of Bᵀ d are made two at a time, so that all stays in registers: a store costs more than a second load.
    """
    c1, c2, c3, c4, c5 = at + channels, at + 2 * channels, at + 3 * channels, at + 4 * channels, at + 5 * channels
    _put_row(
        scratch, out, step,
        _outer(scratch, at, pitch), _outer(scratch, c1, pitch), _outer(scratch, c2, pitch),
        _outer(scratch, c3, pitch), _outer(scratch, c4, pitch), _outer(scratch, c5, pitch),
    )  # fmt: skip
    _put_pair(
        scratch, out + 6 * step, step,
        _near(scratch, at, pitch), _near(scratch, c1, pitch), _near(scratch, c2, pitch),
        _near(scratch, c3, pitch), _near(scratch, c4, pitch), _near(scratch, c5, pitch),
    )  # fmt: skip
    _put_pair(
        scratch, out + 18 * step, step,
        _far(scratch, at, pitch), _far(scratch, c1, pitch), _far(scratch, c2, pitch),
        _far(scratch, c3, pitch), _far(scratch, c4, pitch), _far(scratch, c5, pitch),
    )  # fmt: skip
    _put_row(
        scratch, out + 30 * step, step,
        _outer(scratch, at + pitch, pitch), _outer(scratch, c1 + pitch, pitch), _outer(scratch, c2 + pitch, pitch),
        _outer(scratch, c3 + pitch, pitch), _outer(scratch, c4 + pitch, pitch), _outer(scratch, c5 + pitch, pitch),
    )  # fmt: skip


@numba.njit(inline="always")
def _even_rows(array, at, step):
    """Rows 0 and 2 of Aᵀ m in one column."""
    m1, m2, m3, m4 = _four(array, at + step, step)
    near, far = add(m1, m2), add(m3, m4)
    return add(add(load(array, at), near), far), add(near, scaled(far, F(4)))


@numba.njit(inline="always")
def _odd_rows(array, at, step):
    """Rows 1 and 3 of Aᵀ m in one column."""
    m1, m2, m3, m4 = _four(array, at + step, step)
    near, far = subtract(m1, m2), subtract(m3, m4)
    return add(near, scaled(far, F(2))), add(add(near, scaled(far, F(8))), load(array, at + 5 * step))


@numba.njit(inline="always")
def _write_row(target, out, pixel, columns, bias, floor, a, b, c, d, e, f):
    """One row of Aᵀ m, transformed along the row, plus bias; the first `columns` of its four pixels are written."""
    y0, y1, y2, y3 = _output_transform(a, b, c, d, e, f)
    store(target, out, at_least(add(y0, bias), floor))
    if columns > 1:
        store(target, out + pixel, at_least(add(y1, bias), floor))
    if columns > 2:
        store(target, out + 2 * pixel, at_least(add(y2, bias), floor))
    if columns > 3:
        store(target, out + 3 * pixel, at_least(add(y3, bias), floor))


@numba.njit(nogil=True)
def write_tile(scratch, at, step, target, out, row_pitch, pixel, rows, columns, bias, floor):
    """Aᵀ M A of one tile for one vector of filters, plus bias; only what lies inside the image is written."""
    down = 6 * step
    a, b, c = (
        _even_rows(scratch, at, down),
        _even_rows(scratch, at + step, down),
        _even_rows(scratch, at + 2 * step, down),
    )
    d, e, f = (
        _even_rows(scratch, at + 3 * step, down),
        _even_rows(scratch, at + 4 * step, down),
        _even_rows(scratch, at + 5 * step, down),
    )
    _write_row(target, out, pixel, columns, bias, floor, a[0], b[0], c[0], d[0], e[0], f[0])
    if rows > 2:
        _write_row(target, out + 2 * row_pitch, pixel, columns, bias, floor, a[1], b[1], c[1], d[1], e[1], f[1])
    a, b, c = _odd_rows(scratch, at, down), _odd_rows(scratch, at + step, down), _odd_rows(scratch, at + 2 * step, down)
    d, e, f = (
        _odd_rows(scratch, at + 3 * step, down),
        _odd_rows(scratch, at + 4 * step, down),
        _odd_rows(scratch, at + 5 * step, down),
    )
    if rows > 1:
        _write_row(target, out + row_pitch, pixel, columns, bias, floor, a[0], b[0], c[0], d[0], e[0], f[0])
    if rows > 3:
        _write_row(target, out + 3 * row_pitch, pixel, columns, bias, floor, a[1], b[1], c[1], d[1], e[1], f[1])


@numba.njit(nogil=True)
def transform_filters(w, at, tap, spare, out, step, scratch):
    """G g Gᵀ of LANES filters side by side: 36 vectors into scratch, `step` apart, by way of 18 vectors at `spare`.

    A negative `tap` turns filters by half a turn.
    """
    for s in range(3):
        g = _three(w, at + s * tap, 3 * tap)
        _put_six(scratch, spare + s * LANES, 3 * LANES, _filter_transform(g[0], g[1], g[2]))
    for r in range(6):
        g = _three(scratch, spare + 3 * r * LANES, LANES)
        _put_six(scratch, out + 6 * r * step, step, _filter_transform(g[0], g[1], g[2]))


@numba.njit(nogil=True)
def transform_gradient(scratch, at, pitch, filters, out, step, spare):
    """A dY Aᵀ of one 4×4 tile for one vector of filters."""
    for j in range(4):
        y = _four(scratch, at + j * filters, pitch)
        _put_six(scratch, spare + j * LANES, 6 * LANES, _gradient_transform(y[0], y[1], y[2], y[3]))
    for i in range(6):
        y = _four(scratch, spare + i * 6 * LANES, LANES)
        _put_six(scratch, out + i * 6 * step, step, _gradient_transform(y[0], y[1], y[2], y[3]))


@numba.njit(nogil=True)
def write_filter_gradient(partials, at, step, dw, out, tap, spare, scratch):
    """Gᵀ dU G for one channel and one vector of filters."""
    for j in range(6):
        u = _six(partials, at + j * step, 6 * step)
        _put_three(scratch, spare + j * LANES, 6 * LANES, _filter_gradient(u[0], u[1], u[2], u[3], u[4], u[5]))
    for r in range(3):
        u = _six(scratch, spare + 6 * r * LANES, LANES)
        _put_three(dw, out + 3 * r * tap, tap, _filter_gradient(u[0], u[1], u[2], u[3], u[4], u[5]))
