"""Winograd convolution (Lavin & Gray 2015, §4): F(4×4, 3×3) multiplies 36 times for 16 outputs instead of 144,
F(2×2, 3×3) 16 times for 4 instead of 36; `m` is 4 or 2.

A unit is a few whole images, or a strip of tile rows of one, small enough that its transformed values stay in a
core's L2. For each unit: copy the window with its zeros; V = Bᵀ d B for every tile; for each of its (m+2)² elements
the product M = V·U on the register tile; Y = Aᵀ M A, plus bias. The arrays of the elements are padded by a vector,
since strides that are powers of two evict each other from the cache.
"""

import numba

from ...kernels.ahead import fetch, fetch_ending
from ...kernels.jit import kernel
from ...kernels.moments import begin, measure
from ...kernels.panel import copy_window, finish, panel_set
from ...kernels.simd import load, store
from ...kernels.vector import LANES, WIDTH
from ...kernels.words import NO_FLOOR, SUM
from .winograd_tiles import transform_filters, transform_inputs, write_tile


@kernel
def slide(
    source,
    weights,
    bias,
    target,
    ending,
    other,
    floor,
    measuring,
    no_bias,
    geometry,
    rows,
    outs,
    one_tap,
    spare_outs,
    scratch,
    threads,
):
    """target (N,H,W,K) = 3×3 convolution of source (N,Hs,Ws,C), plus bias, clipped from below by floor.

    `ending` and `other` (as target): see kernels.panel.finish; `measuring`: see kernels.moments.
    """
    batch, images, units, strip, strips = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    source_height, source_width, channels = geometry[5], geometry[6], geometry[7]
    height, width, filters, top, left = geometry[8], geometry[9], geometry[10], geometry[11], geometry[12]
    down, across, copy_rows, copy_cols, v_step, m_step, area = (
        geometry[13],
        geometry[14],
        geometry[15],
        geometry[16],
        geometry[17],
        geometry[18],
        geometry[19],
    )
    m, elements = geometry[20], (geometry[20] + 2) ** 2
    pitch = copy_cols * channels
    plane = copy_rows * pitch
    n_blocks = (filters + WIDTH - 1) // WIDTH
    source_line, line = source_width * channels, width * filters
    source_plane = source_height * source_line
    low = NO_FLOOR if ending == SUM else floor
    for thread in numba.prange(threads):
        begin(measuring, thread)
        window = thread * area
        v0 = window + images * plane
        m0 = v0 + elements * v_step
        tile_spare = m0 + elements * m_step
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            first_image, first_tile_row = (unit // strips) * images, (unit % strips) * strip
            n_images, n_rows = min(images, batch - first_image), min(strip, down - first_tile_row)
            count = n_images * n_rows * across
            row0 = m * first_tile_row
            done = (n_images - 1) * height + min(m * n_rows, height - row0)
            first, written = (first_image * height + row0) * line, done * line
            read = images * source_plane if strips == 1 else m * strip * source_line  # from one unit to the next
            source_next = first_image * source_plane + row0 * source_line + read
            for image in range(n_images):
                copy_window(
                    source,
                    (first_image + image) * source_plane,
                    source_line,
                    row0 - top,
                    m * n_rows + 2,
                    source_height,
                    -left,
                    copy_cols,
                    source_width,
                    0,
                    channels,
                    channels,
                    scratch,
                    window + image * plane,
                )
            transform_inputs(m, scratch, window, copy_rows, pitch, channels, n_images, n_rows, across, v0, v_step)
            for element in range(elements):
                fetch(source, source_next, read, element, elements)
                fetch_ending(target, ending, other, measuring, first, written, element, elements)
                for block in range(n_blocks):
                    column = block * WIDTH
                    panel_set(
                        scratch,
                        v0 + element * v_step,
                        rows,
                        0,
                        one_tap,
                        0,
                        1,
                        channels,
                        1,
                        weights,
                        (element * filters + column) * channels,
                        scratch,
                        m0 + element * m_step + column,
                        outs,
                        0,
                        count,
                        min(WIDTH, filters - column),
                        no_bias,
                        0,
                        NO_FLOOR,
                        scratch,
                        tile_spare,
                        spare_outs,
                    )
            for tile in range(count):
                image, row, column = tile // (n_rows * across), (tile // across) % n_rows, tile % across
                y, x = m * (first_tile_row + row), m * column
                out = ((first_image + image) * height + y) * line + x * filters
                for k in range(0, filters, LANES):
                    write_tile(
                        m,
                        scratch,
                        m0 + tile * filters + k,
                        m_step,
                        target,
                        out + k,
                        line,
                        filters,
                        min(m, height - y),
                        min(m, width - x),
                        load(bias, k),
                        low,
                    )
            finish(ending, other, target, first, written, floor)
            measure(measuring, target, first, written, thread)


PACK_SCRATCH = 18 * LANES + 36 * LANES * LANES
"""Floats that `pack` and `pack_turned` need for each thread."""


@kernel
def pack(w, packed, m, channels, filters, scratch, threads):
    """w (3,3,C,K) as G g Gᵀ in blocks of columns: (element, block, C, column), columns K."""
    for thread in numba.prange(threads):
        spare = thread * PACK_SCRATCH
        vectors = spare + 18 * LANES
        for c in range(thread * channels // threads, (thread + 1) * channels // threads):
            for k in range(0, filters, LANES):
                transform_filters(m, w, c * filters + k, channels * filters, spare, vectors, LANES, scratch)
                first = k // WIDTH * WIDTH
                wide = min(WIDTH, filters - first)
                for element in range((m + 2) ** 2):
                    out = (element * filters + first) * channels + c * wide + k - first
                    store(packed, out, load(scratch, vectors + element * LANES))


@kernel
def pack_turned(w, packed, m, channels, filters, scratch, threads):
    """For the input's gradient: filters turned by half a turn, (element, block, K, column), columns C.

    LANES × LANES filters at a time, so that the lines written to are filled while they are in cache.
    """
    tap, blocks = channels * filters, channels // LANES
    for thread in numba.prange(threads):
        spare = thread * PACK_SCRATCH
        vectors = spare + 18 * LANES
        for c in range(thread * blocks // threads * LANES, (thread + 1) * blocks // threads * LANES, LANES):
            first = c // WIDTH * WIDTH
            wide = min(WIDTH, channels - first)
            for k in range(0, filters, LANES):
                for i in range(LANES):
                    at = (c + i) * filters + k + 8 * tap
                    transform_filters(m, w, at, -tap, spare, vectors + i * LANES, LANES * LANES, scratch)
                for element in range((m + 2) ** 2):
                    square = scratch[vectors + element * LANES * LANES : vectors + (element + 1) * LANES * LANES]
                    start = (element * channels + first) * filters + k * wide + c - first
                    for j in range(LANES):
                        row = packed[start + j * wide : start + j * wide + LANES]
                        for i in range(LANES):
                            row[i] = square[i * LANES + j]
