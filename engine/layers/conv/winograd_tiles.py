"""Winograd's transforms of all tiles of a unit, for either tile size: `m` outputs a side, m + 2 inputs."""

import numba

from ...kernels.vector import LANES
from . import winograd_small as small
from . import winograd_transforms as large


@numba.njit(nogil=True)
def transform_inputs(m, scratch, window, copy_rows, pitch, channels, images, rows, across, v0, v_step):
    """V = Bᵀ d B for every tile of a unit and every channel."""
    for tile in range(images * rows * across):
        image, row, column = tile // (rows * across), (tile // across) % rows, tile % across
        corner = window + (image * copy_rows + m * row) * pitch + m * column * channels
        for c in range(0, channels, LANES):
            if m == 4:
                large.transform_tile(scratch, corner + c, pitch, channels, v0 + tile * channels + c, v_step)
            else:
                small.transform_tile(scratch, corner + c, pitch, channels, v0 + tile * channels + c, v_step)


@numba.njit(nogil=True)
def transform_gradients(m, scratch, window, filters, images, rows, across, z0, z_step, spare):
    """Z = A dY Aᵀ for every tile of a unit and every filter."""
    pitch = m * across * filters
    for tile in range(images * rows * across):
        line, column = tile // across, tile % across
        corner = window + m * line * pitch + m * column * filters
        for k in range(0, filters, LANES):
            if m == 4:
                large.transform_gradient(scratch, corner + k, pitch, filters, z0 + tile * filters + k, z_step, spare)
            else:
                small.transform_gradient(scratch, corner + k, pitch, filters, z0 + tile * filters + k, z_step)


@numba.njit(nogil=True)
def write_tile(m, scratch, at, step, target, out, row_pitch, pixel, rows, columns, bias, floor):
    """Aᵀ M A of one tile for one vector of filters, plus bias; only what lies inside the image is written."""
    if m == 4:
        large.write_tile(scratch, at, step, target, out, row_pitch, pixel, rows, columns, bias, floor)
    else:
        small.write_tile(scratch, at, step, target, out, row_pitch, pixel, rows, columns, bias, floor)


@numba.njit(nogil=True)
def transform_filters(m, w, at, tap, spare, out, step, scratch):
    """G g Gᵀ of LANES filters side by side, vectors `step` apart. A negative `tap` turns filters by half a turn."""
    if m == 4:
        large.transform_filters(w, at, tap, spare, out, step, scratch)
    else:
        small.transform_filters(w, at, tap, out, step, scratch)


@numba.njit(nogil=True)
def write_filter_gradient(m, partials, at, step, dw, out, tap, spare, scratch):
    """Gᵀ dU G for one channel and one vector of filters."""
    if m == 4:
        large.write_filter_gradient(partials, at, step, dw, out, tap, spare, scratch)
    else:
        small.write_filter_gradient(partials, at, step, dw, out, tap)
