"""The weight gradient in Winograd's domain: dU = Vᵀ (A dY Aᵀ) for each element of the tiles, dW = Gᵀ dU G."""

import numba
import numpy as np

from ...kernels.ahead import fetch
from ...kernels.jit import kernel
from ...kernels.panel import add_rows, copy_window, panel_add
from ...kernels.vector import LANES, WIDTH
from .winograd_tiles import transform_gradients, transform_inputs, write_filter_gradient

F = np.float32


@kernel
def weight_gradient(x, dy, dw, db, has_bias, geometry, rows, outs, one_tap, partials, scratch, threads):
    """dw (3,3,C,K) = Gᵀ [Σ_tiles Vᵀ Z] G and db (K,) = Σ dy, from x (N,H,W,C) and dy (N,OH,OW,K).

    Each thread sums its tiles in the transformed domain; the partial sums are added in thread order.
    """
    batch, images, units, strip, strips = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    height, width, channels, out_height, out_width = geometry[5], geometry[6], geometry[7], geometry[8], geometry[9]
    filters, top, left, down, across = geometry[10], geometry[11], geometry[12], geometry[13], geometry[14]
    copy_rows, copy_cols, v_step, z_step, u_step = geometry[15], geometry[16], geometry[17], geometry[18], geometry[19]
    padded_channels, copies, area, partial = geometry[20], geometry[21], geometry[22], geometry[23]
    m, elements = geometry[24], (geometry[24] + 2) ** 2
    pitch, dy_pitch, bias_at = copy_cols * channels, m * across * filters, elements * u_step
    line, dy_line = width * channels, out_width * filters
    plane, dy_plane = height * line, out_height * dy_line
    rows_between = images * height if strips == 1 else m * strip  # from one unit to the next
    dy_rows_between = images * out_height if strips == 1 else m * strip
    for thread in numba.prange(threads):
        window, mine = thread * area, thread * partial
        v0 = window + copies
        z0 = v0 + elements * v_step
        spare = z0 + elements * z_step
        partials[mine : mine + partial] = F(0)
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            first_image, first_tile_row = (unit // strips) * images, (unit % strips) * strip
            n_images, n_rows = min(images, batch - first_image), min(strip, down - first_tile_row)
            first_row = m * first_tile_row
            x_next = first_image * plane + (first_row + rows_between) * line
            dy_next = first_image * dy_plane + (first_row + dy_rows_between) * dy_line
            for image in range(n_images):
                copy_window(
                    x,
                    (first_image + image) * plane,
                    line,
                    first_row - top,
                    m * n_rows + 2,
                    height,
                    -left,
                    copy_cols,
                    width,
                    0,
                    channels,
                    channels,
                    scratch,
                    window + image * copy_rows * pitch,
                )
            transform_inputs(m, scratch, window, copy_rows, pitch, channels, n_images, n_rows, across, v0, v_step)
            for image in range(n_images):
                copy_window(
                    dy,
                    (first_image + image) * dy_plane,
                    dy_line,
                    first_row,
                    m * n_rows,
                    out_height,
                    0,
                    m * across,
                    out_width,
                    0,
                    filters,
                    filters,
                    scratch,
                    window + image * m * n_rows * dy_pitch,
                )
            transform_gradients(m, scratch, window, filters, n_images, n_rows, across, z0, z_step, spare)
            count = n_images * n_rows * across
            if has_bias:
                sums = partials[mine + bias_at : mine + bias_at + filters]
                add_rows(scratch, window, filters, m * m * count, filters, sums)
            for element in range(elements):
                fetch(x, x_next, rows_between * line, element, elements)
                fetch(dy, dy_next, dy_rows_between * dy_line, element, elements)
                for first in range(0, filters, WIDTH):
                    panel_add(
                        scratch,
                        v0 + element * v_step,
                        rows,
                        0,
                        one_tap,
                        0,
                        1,
                        count,
                        channels,
                        scratch,
                        z0 + element * z_step + first,
                        0,
                        filters,
                        partials,
                        mine + element * u_step + first,
                        outs,
                        0,
                        padded_channels,
                        filters - first <= LANES,
                    )
    for thread in numba.prange(threads):
        for c in range(thread * channels // threads, (thread + 1) * channels // threads):
            for element in range(elements):
                at = element * u_step + c * filters
                add_rows(partials, partial + at, partial, threads - 1, filters, partials[at : at + filters])
            for k in range(0, filters, LANES):
                at = c * filters + k
                write_filter_gradient(m, partials, at, u_step, dw, at, channels * filters, thread * area, scratch)
    if has_bias:
        db[:] = F(0)
        add_rows(partials, bias_at, partial, threads, filters, db)
