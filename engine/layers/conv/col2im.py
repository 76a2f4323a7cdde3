"""The gradient of an input with few channels: products first, sums afterwards (col2im, as Caffe has it).

For each pixel of dy and each row of taps, its products with all weights of that row are one run of S·C floats, whole
vectors even where C is small; and nothing is multiplied by the zeros around the image. The runs lie apart by a vector
of zeros. A vector of dx is then the sum of vectors of those runs that reach it, read wherever they begin.
"""

import numba
import numpy as np

from ...kernels.jit import device, kernel
from ...kernels.moments import begin, measure
from ...kernels.panel import finish, panel_set
from ...kernels.simd import add, load, load_first, store, store_first
from ...kernels.vector import LANES, ROWS, WIDTH
from ...kernels.words import NO_FLOOR, SUM


@device
def start(dx, at, pixels, channels, bias):
    """The bias in every pixel."""
    line = dx[at : at + pixels * channels]
    for c in range(channels):
        line[c::channels] = bias[c]


@device
def gather(products, p0, across, step, left, dx, at, line, firsts, lasts):
    """Add to a line of dx the runs of one row of taps: run i begins at p0 + i·across, for dx[i·step − left]."""
    for vector in range(len(firsts)):
        place = vector * LANES
        rest = line - place
        first = firsts[vector]
        run = p0 + first * (across - step) + place + left
        total = load(dx, at + place) if rest >= LANES else load_first(dx, at + place, rest)
        for _ in range(first, lasts[vector]):
            total = add(total, load(products, run))
            run += across - step
        if rest >= LANES:
            store(dx, at + place, total)
        else:
            store_first(dx, at + place, total, rest)


@device
def clip(values, at, count, floor):
    """Nothing below the floor; NaN stays NaN."""
    part = values[at : at + count]
    for i in range(count):
        part[i] = floor if part[i] < floor else part[i]


@kernel
def input_gradient(
    dy,
    weights,
    bias,
    dx,
    ending,
    other,
    floor,
    measuring,
    no_bias,
    geometry,
    rows,
    outs,
    firsts,
    lasts,
    one_tap,
    spare_outs,
    scratch,
    threads,
):
    """dx (N,H,W,C) from dy (N,OH,OW,K) and packed weights, plus bias, clipped from below by floor; see `slide`."""
    units, strip, strips, height, width = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    channels, out_height, out_width, filters = geometry[5], geometry[6], geometry[7], geometry[8]
    taps_down, down, across, dilation = geometry[9], geometry[10], geometry[11], geometry[12]
    top, left, pitch, block, area = geometry[13], geometry[14], geometry[15], geometry[16], geometry[17]
    columns, line, between = pitch - LANES, width * channels, taps_down * pitch
    for thread in numba.prange(threads):
        begin(measuring, thread)
        own = thread * area
        spare_at = own + area - ROWS * WIDTH
        scratch[own:spare_at] = np.float32(0)
        for unit in range(thread * units // threads, (thread + 1) * units // threads):
            image, row0 = unit // strips, unit % strips * strip
            row1 = min(row0 + strip, height)
            base, count = (image * height + row0) * line, (row1 - row0) * line
            start(dx, base, (row1 - row0) * width, channels, bias)
            first = max((row0 + top - (taps_down - 1) * dilation + down - 1) // down, 0)
            last = min((row1 - 1 + top) // down + 1, out_height)
            for line0 in range(first, last, block):
                lines = min(block, last - line0)
                for r in range(taps_down):
                    for column in range(0, columns, WIDTH):
                        panel_set(
                            dy,
                            (image * out_height + line0) * out_width * filters,
                            rows,
                            0,
                            one_tap,
                            0,
                            1,
                            filters,
                            1,
                            weights,
                            (r * columns + column) * filters,
                            scratch,
                            own + LANES + r * pitch + column,
                            outs,
                            0,
                            lines * out_width,
                            min(WIDTH, columns - column),
                            no_bias,
                            0,
                            NO_FLOOR,
                            scratch,
                            spare_at,
                            spare_outs,
                        )
                for i in range(lines):
                    for r in range(taps_down):
                        row = (line0 + i) * down - top + r * dilation
                        if row0 <= row < row1:
                            gather(
                                scratch,
                                own + LANES + (i * out_width * taps_down + r) * pitch,
                                between,
                                across * channels,
                                left * channels,
                                dx,
                                (image * height + row) * line,
                                line,
                                firsts,
                                lasts,
                            )
            if ending != SUM and floor > NO_FLOOR:
                clip(dx, base, count, floor)
            finish(ending, other, dx, base, count, floor)
            measure(measuring, dx, base, count, thread)


@kernel
def pack(w, packed, taps_down, run, filters, columns, threads):
    """w (R,S,C,K) with the run S·C as columns: (row of taps, block, K, column), zeros behind the run."""
    for r in numba.prange(taps_down):
        for k in range(filters):
            for block in range(0, columns, WIDTH):
                wide = min(WIDTH, columns - block)
                at = (r * columns + block) * filters + k * wide
                for j in range(wide):
                    inside = block + j < run
                    packed[at + j] = w[(r * run + block + j) * filters + k] if inside else np.float32(0)
