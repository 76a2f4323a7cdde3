"""The transforms of F(2×2, 3×3) on vectors of LANES channels side by side (Lavin & Gray 2015, §4.1).

With the points 0, 1, −1, ∞: the same functions as in winograd_transforms.py, for 4×4 tiles that give 2×2 outputs.
All values of a tile fit into registers.
"""

import numba
import numpy as np
from numba.extending import register_jitable

from ...kernels.simd import add, at_least, load, scaled, store, subtract

F = np.float32


@register_jitable
def _input_transform(d0, d1, d2, d3):
    """Bᵀ d."""
    return subtract(d0, d2), add(d1, d2), subtract(d2, d1), subtract(d1, d3)


@register_jitable
def _output_transform(m0, m1, m2, m3):
    """Aᵀ m."""
    return add(add(m0, m1), m2), subtract(subtract(m1, m2), m3)


@register_jitable
def _filter_transform(g0, g1, g2):
    """G g."""
    outer, inner = scaled(add(g0, g2), F(1 / 2)), scaled(g1, F(1 / 2))
    return g0, add(outer, inner), subtract(outer, inner), g2


@register_jitable
def _gradient_transform(y0, y1):
    """A y."""
    return y0, add(y0, y1), subtract(y0, y1), scaled(y1, F(-1))


@register_jitable
def _filter_gradient(u0, u1, u2, u3):
    """Gᵀ u."""
    near, tilt = scaled(add(u1, u2), F(1 / 2)), scaled(subtract(u1, u2), F(1 / 2))
    return add(u0, near), tilt, add(near, u3)


@register_jitable
def _four(array, at, step):
    return load(array, at), load(array, at + step), load(array, at + 2 * step), load(array, at + 3 * step)


@register_jitable
def _three(array, at, step):
    return load(array, at), load(array, at + step), load(array, at + 2 * step)


@register_jitable
def _put_four(array, at, step, v):
    store(array, at, v[0])
    store(array, at + step, v[1])
    store(array, at + 2 * step, v[2])
    store(array, at + 3 * step, v[3])


@numba.njit(nogil=True)
def transform_tile(scratch, at, pitch, channels, out, step):
    """Bᵀ d B of one 4×4 tile for one vector of channels."""
    a, b = _input_transform(*_four(scratch, at, pitch)), _input_transform(*_four(scratch, at + channels, pitch))
    c = _input_transform(*_four(scratch, at + 2 * channels, pitch))
    d = _input_transform(*_four(scratch, at + 3 * channels, pitch))
    _put_four(scratch, out, step, _input_transform(a[0], b[0], c[0], d[0]))
    _put_four(scratch, out + 4 * step, step, _input_transform(a[1], b[1], c[1], d[1]))
    _put_four(scratch, out + 8 * step, step, _input_transform(a[2], b[2], c[2], d[2]))
    _put_four(scratch, out + 12 * step, step, _input_transform(a[3], b[3], c[3], d[3]))


@numba.njit(nogil=True)
def write_tile(scratch, at, step, target, out, row_pitch, pixel, rows, columns, bias, floor):
    """Aᵀ M A of one tile for one vector of filters, plus bias; only what lies inside the image is written."""
    a, b = _output_transform(*_four(scratch, at, 4 * step)), _output_transform(*_four(scratch, at + step, 4 * step))
    c = _output_transform(*_four(scratch, at + 2 * step, 4 * step))
    d = _output_transform(*_four(scratch, at + 3 * step, 4 * step))
    upper, lower = _output_transform(a[0], b[0], c[0], d[0]), _output_transform(a[1], b[1], c[1], d[1])
    store(target, out, at_least(add(upper[0], bias), floor))
    if columns > 1:
        store(target, out + pixel, at_least(add(upper[1], bias), floor))
    if rows > 1:
        store(target, out + row_pitch, at_least(add(lower[0], bias), floor))
        if columns > 1:
            store(target, out + row_pitch + pixel, at_least(add(lower[1], bias), floor))


@numba.njit(nogil=True)
def transform_filters(w, at, tap, out, step, scratch):
    """G g Gᵀ of LANES filters side by side: 16 vectors into scratch, `step` apart. A negative `tap` turns filters."""
    a, b = _filter_transform(*_three(w, at, 3 * tap)), _filter_transform(*_three(w, at + tap, 3 * tap))
    c = _filter_transform(*_three(w, at + 2 * tap, 3 * tap))
    _put_four(scratch, out, step, _filter_transform(a[0], b[0], c[0]))
    _put_four(scratch, out + 4 * step, step, _filter_transform(a[1], b[1], c[1]))
    _put_four(scratch, out + 8 * step, step, _filter_transform(a[2], b[2], c[2]))
    _put_four(scratch, out + 12 * step, step, _filter_transform(a[3], b[3], c[3]))


@numba.njit(nogil=True)
def transform_gradient(scratch, at, pitch, filters, out, step):
    """A dY Aᵀ of one 2×2 tile for one vector of filters."""
    a = _gradient_transform(load(scratch, at), load(scratch, at + pitch))
    b = _gradient_transform(load(scratch, at + filters), load(scratch, at + filters + pitch))
    _put_four(scratch, out, step, _gradient_transform(a[0], b[0]))
    _put_four(scratch, out + 4 * step, step, _gradient_transform(a[1], b[1]))
    _put_four(scratch, out + 8 * step, step, _gradient_transform(a[2], b[2]))
    _put_four(scratch, out + 12 * step, step, _gradient_transform(a[3], b[3]))


@register_jitable
def _put_three(array, at, step, v):
    store(array, at, v[0])
    store(array, at + step, v[1])
    store(array, at + 2 * step, v[2])


@numba.njit(nogil=True)
def write_filter_gradient(partials, at, step, dw, out, tap):
    """Gᵀ dU G for one channel and one vector of filters."""
    a, b = _filter_gradient(*_four(partials, at, 4 * step)), _filter_gradient(*_four(partials, at + step, 4 * step))
    c = _filter_gradient(*_four(partials, at + 2 * step, 4 * step))
    d = _filter_gradient(*_four(partials, at + 3 * step, 4 * step))
    _put_three(dw, out, tap, _filter_gradient(a[0], b[0], c[0], d[0]))
    _put_three(dw, out + 3 * tap, tap, _filter_gradient(a[1], b[1], c[1], d[1]))
    _put_three(dw, out + 6 * tap, tap, _filter_gradient(a[2], b[2], c[2], d[2]))
