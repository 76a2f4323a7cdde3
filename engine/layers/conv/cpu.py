"""Direct convolution on the CPU: a sliding product over cached strips, and the weight gradient. Offsets: tables.py."""

import numba
import numpy as np

from ...kernels.ahead import fetch, fetch_ending
from ...kernels.jit import device, kernel, serial_kernel
from ...kernels.moments import begin, measure
from ...kernels.panel import add_rows, copy_window, finish, panel_add, panel_set
from ...kernels.simd import load, load_first, store
from ...kernels.vector import LANES, ROWS, WIDTH
from ...kernels.words import NO_FLOOR, SUM
from .tables import blocks


def packed_bias_size(groups, columns):
    """Floats of the biases of all groups, each padded to whole blocks."""
    return groups * blocks(columns) * WIDTH


@device
def packed_columns(columns):
    """Columns of packed storage: whole blocks, the last one LANES wide where that suffices."""
    blocks = (columns + WIDTH - 1) // WIDTH
    rest = columns - (blocks - 1) * WIDTH
    return blocks * WIDTH - (WIDTH - LANES if rest <= LANES else 0)


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
    geometry,
    phases,
    rows,
    outs,
    taps,
    spare_outs,
    scratch,
    threads,
):
    """target = sliding product of source with packed weights, plus bias, clipped from below by floor.

    source (N,Hs,Ws,Cs) and target (N,H,W,C) flat; `ending` and `other` (as target): see kernels.panel.finish;
    `measuring`: see kernels.moments; scratch holds `threads` areas of geometry[20] floats.
    """
    batch, images, units, strip, strips = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    source_height, source_width, source_channels = geometry[5], geometry[6], geometry[7]
    height, width, channels = geometry[8], geometry[9], geometry[10]
    groups, group_source, group_out = geometry[11], geometry[12], geometry[13]
    copy_rows, copy_cols, row_start, row_step, col_start = (
        geometry[14],
        geometry[15],
        geometry[16],
        geometry[17],
        geometry[18],
    )
    direct, area = geometry[19], geometry[20]
    n_blocks = (group_out + WIDTH - 1) // WIDTH
    columns = packed_columns(group_out)
    row_pitch = source_width * source_channels
    source_plane, line = source_height * row_pitch, width * channels
    copy_plane = copy_rows * copy_cols * group_source
    n_phases = phases.shape[0]
    group_packed = 0
    for p in range(n_phases):
        group_packed += phases[p, 8] * columns
    low = NO_FLOOR if ending == SUM else floor
    for thread in numba.prange(threads):
        begin(measuring, thread)
        own = thread * area
        spare_at = own + area - ROWS * WIDTH
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            first_image = (unit // strips) * images
            n_images = min(images, batch - first_image)
            strip_at = unit % strips
            row0 = strip_at * strip
            n_rows = min(strip, height - row0)
            first, written = (first_image * height + row0) * line, ((n_images - 1) * height + n_rows) * line
            read = images * source_plane if strips == 1 else row_step * row_pitch  # from one unit to the next
            source_next = first_image * source_plane + strip_at * row_step * row_pitch + read
            for group in range(groups):
                if direct:
                    base = first_image * source_plane + strip_at * row_step * row_pitch
                else:
                    base = own
                    for image in range(n_images):
                        copy_window(
                            source,
                            (first_image + image) * source_plane,
                            row_pitch,
                            row_start + strip_at * row_step,
                            copy_rows,
                            source_height,
                            col_start,
                            copy_cols,
                            source_width,
                            group * group_source,
                            group_source,
                            source_channels,
                            scratch,
                            own + image * copy_plane,
                        )
                panel = source if direct else scratch
                out0 = first + group * group_out
                for p in range(n_phases):
                    in_phase = (n_rows - phases[p, 0] + phases[p, 1] - 1) // phases[p, 1]
                    count = n_images * max(in_phase, 0) * phases[p, 2]
                    if count == 0:
                        continue
                    pixels, reduction = phases[p, 3], phases[p, 8]
                    for block in range(n_blocks):
                        column = block * WIDTH
                        if p == 0 and n_blocks > 1:  # all but the last are used after more work
                            share = group * n_blocks + block, groups * n_blocks
                            fetch(source, source_next, read, *share)
                            fetch_ending(target, ending, other, measuring, first, written, *share)
                        panel_set(
                            panel,
                            base,
                            rows,
                            pixels,
                            taps,
                            phases[p, 4],
                            phases[p, 5],
                            phases[p, 6],
                            1,
                            weights,
                            group * group_packed + phases[p, 7] + column * reduction,
                            target,
                            out0 + column,
                            outs,
                            pixels,
                            count,
                            min(WIDTH, group_out - column),
                            bias,
                            (group * n_blocks + block) * WIDTH,
                            low,
                            scratch,
                            spare_at,
                            spare_outs,
                        )
            finish(ending, other, target, first, written, floor)
            measure(measuring, target, first, written, thread)


@device
def copy_columns(dy, dy0, step, pixels, columns, target, at, pitch):
    """Rows of dy's columns into rows of `pitch` floats, zeros behind them, so that whole vectors can be read."""
    whole = columns // LANES * LANES
    for pixel in range(pixels):
        source, row = dy0 + pixel * step, at + pixel * pitch
        for k in range(0, whole, LANES):
            store(target, row + k, load(dy, source + k))
        for k in range(whole, pitch, LANES):
            store(target, row + k, load_first(dy, source + k, columns - k))


@kernel
def weight_gradient(x, dy, dw, db, geometry, rows, outs, lines, has_bias, partials, scratch, threads):
    """dw (R,S,C/groups,K) and db (K,) from x (N,H,W,C) and dy (N,OH,OW,K), all flat.

    Each thread sums its units into its own partial result; the partials are then added in thread order, so a fixed
    number of threads gives the same bits every time.
    """
    batch, images, units, strip, strips = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    height, width, channels, out_height, out_width = geometry[5], geometry[6], geometry[7], geometry[8], geometry[9]
    filters, groups, group_channels, group_filters = geometry[10], geometry[11], geometry[12], geometry[13]
    copy_rows, copy_cols, row_start, row_step = geometry[14], geometry[15], geometry[16], geometry[17]
    col_start, column_step, reduction, tiles, pitch = (
        geometry[18],
        geometry[19],
        geometry[20],
        geometry[21],
        geometry[22],
    )
    copied, area, partial = geometry[23], geometry[24], geometry[25]
    packed = packed_columns(group_filters)
    copy_plane, group_partial = copy_rows * pitch, tiles * packed + packed
    image_size = height * width * channels
    for thread in numba.prange(threads):
        own, mine = thread * area, thread * partial
        partials[mine : mine + partial] = np.float32(0)
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            first_image, strip_at = (unit // strips) * images, unit % strips
            n_images = min(images, batch - first_image)
            n_lines = n_images * min(strip, out_height - strip_at * strip)
            dy_start = (first_image * out_height + strip_at * strip) * out_width * filters
            for group in range(groups):
                for image in range(n_images):
                    copy_window(
                        x,
                        (first_image + image) * image_size,
                        width * channels,
                        row_start + strip_at * row_step,
                        copy_rows,
                        height,
                        col_start,
                        copy_cols,
                        width,
                        group * group_channels,
                        group_channels,
                        channels,
                        scratch,
                        own + image * copy_plane,
                    )
                at, dy0, dy_step = mine + group * group_partial, dy_start + group * group_filters, filters
                if copied:
                    target = own + images * copy_plane
                    copy_columns(dy, dy0, filters, n_lines * out_width, group_filters, scratch, target, packed)
                    dy0, dy_step = target, packed
                gradient = scratch if copied else dy
                if has_bias:
                    sums = partials[at + tiles * packed : at + tiles * packed + group_filters]
                    add_rows(gradient, dy0, dy_step, n_lines * out_width, group_filters, sums)
                for column in range(0, group_filters, WIDTH):
                    panel_add(
                        scratch,
                        own,
                        rows,
                        0,
                        lines,
                        0,
                        n_lines,
                        out_width,
                        column_step,
                        gradient,
                        dy0 + column,
                        out_width * dy_step,
                        dy_step,
                        partials,
                        at + column,
                        outs,
                        0,
                        tiles,
                        group_filters - column <= LANES,
                    )
    for row in numba.prange(reduction * groups):
        group, r = row // reduction, row % reduction
        sums = dw[r * filters + group * group_filters : r * filters + (group + 1) * group_filters]
        sums[:] = np.float32(0)
        add_rows(partials, group * group_partial + r * packed, partial, threads, group_filters, sums)
    if has_bias:
        for group in range(groups):
            sums = db[group * group_filters : (group + 1) * group_filters]
            sums[:] = np.float32(0)
            add_rows(partials, group * group_partial + tiles * packed, partial, threads, group_filters, sums)


@kernel
def bias_gradient(dy, db, rows, columns, partials, threads):
    """db (K,) = sums of the columns of dy (rows, K); the threads' partial sums are added in thread order."""
    for thread in numba.prange(threads):
        own = partials[thread * columns : (thread + 1) * columns]
        own[:] = np.float32(0)
        first, last = thread * rows // threads, (thread + 1) * rows // threads
        add_rows(dy, first * columns, columns, last - first, columns, own)
    db[:] = np.float32(0)
    add_rows(partials, 0, columns, threads, columns, db)


@kernel
def pack_forward(w, packed, geometry, phases):
    """w (R·S, C/groups, K) into blocks of columns, the reduction contiguous in each: (group, block, r·s·c, column)."""
    channels, groups, group_filters = geometry[10], geometry[11], geometry[13]
    n_blocks = (group_filters + WIDTH - 1) // WIDTH
    reduction = phases[0, 8]
    columns = packed_columns(group_filters)
    for task in numba.prange(groups * n_blocks):
        group, block = task // n_blocks, task % n_blocks
        column = block * WIDTH
        wide = min(WIDTH, columns - column)
        valid = min(WIDTH, group_filters - column)
        at = group * reduction * columns + column * reduction
        for i in range(reduction):
            source = i * channels + group * group_filters + column
            row, values = packed[at + i * wide : at + (i + 1) * wide], w[source : source + valid]
            for j in range(valid):
                row[j] = values[j]
            row[valid:] = np.float32(0)


@kernel
def pack_input_gradient(w, packed, geometry, phases, order):
    """w (R·S, C/groups, K) transposed: columns are input channels, the reduction runs over positions and filters."""
    filters, groups, group_filters, group_channels = geometry[7], geometry[11], geometry[12], geometry[13]
    n_blocks = (group_channels + WIDTH - 1) // WIDTH
    columns = packed_columns(group_channels)
    group_packed = 0
    for p in range(phases.shape[0]):
        group_packed += phases[p, 8] * columns
    for group in range(groups):
        first = 0
        for p in range(phases.shape[0]):
            positions = phases[p, 8] // group_filters
            base = group * group_packed + phases[p, 7]
            for i in numba.prange(positions):
                position = order[first + i]
                for block in range(n_blocks):
                    column = block * WIDTH
                    wide = min(WIDTH, columns - column)
                    valid = min(WIDTH, group_channels - column)
                    at = base + column * phases[p, 8] + i * group_filters * wide
                    for j in range(wide):
                        if j < valid:
                            source = (position * group_channels + column + j) * filters + group * group_filters
                            for k in range(group_filters):
                                packed[at + k * wide + j] = w[source + k]
                        else:
                            for k in range(group_filters):
                                packed[at + k * wide + j] = np.float32(0)
            first += positions


@serial_kernel
def pack_bias(bias, packed, groups, group_columns):
    """Biases of each group padded with zeros to whole blocks."""
    n_blocks = (group_columns + WIDTH - 1) // WIDTH
    for group in range(groups):
        for j in range(n_blocks * WIDTH):
            value = bias[group * group_columns + j] if j < group_columns else np.float32(0)
            packed[group * n_blocks * WIDTH + j] = value
