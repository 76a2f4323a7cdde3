"""How a thread fetches its share of the two tiles into registers: see cuda_slide.py, and below cuda_correlate.py.

A *run* are as many terms of the sum as a tile is deep: channels of one tap, or where channels are few, terms of several
taps (*mixed*). A thread fetches fours of neighbouring terms of its pixels, and fours of neighbouring filters of the
weights. What lies outside is zero. Row r of a tile of q fours holds term 4 · (r mod q) + r div q: so the fours of a
pixel, which come to lie in different rows, are written to different banks of the shared memory.
"""

from functools import cache

from numba import float32

from .cuda_jit import device
from .cuda_tile import I, U
from .cuda_vector import load4


@cache
def gather_run(quads, aligned):
    """Device function: for a run of one tap, at place `at` of the tap table, channels from c0 on; va gets the values.

    With the first run of a tap `at_x` becomes the places of the tap's pixels, −1 outside the image.
    """

    @device
    def gather(
        x, taps, at, c0, quad, own_channels, group, image, corner_row, corner_column, at_x, height, width, channels, va
    ):
        if c0 == I(0):
            for l in range(quads):  # noqa: E741
                row, column = I(corner_row[l] + taps[at]), I(corner_column[l] + taps[at + 1])
                inside = row >= I(0) and column >= I(0) and row < I(height) and column < I(width)
                at_x[l] = I(-1)
                if inside and image[l] >= I(0):
                    place = I(I(image[l] + I(row * I(width)) + column) * I(channels))
                    at_x[l] = I(place + I(group * own_channels) + quad)
        for l in range(quads):  # noqa: E741
            for e in range(4):
                va[4 * l + e] = float32(0)
            if aligned:
                if at_x[l] >= I(0) and I(c0 + quad) < own_channels:
                    va[4 * l], va[4 * l + 1], va[4 * l + 2], va[4 * l + 3] = load4(x, U(at_x[l] + c0))
            else:
                for e in range(4):
                    if at_x[l] >= I(0) and I(c0 + quad + I(e)) < own_channels:
                        va[4 * l + e] = x[U(I(at_x[l] + c0) + I(e))]

    return gather


@cache
def weights_run(quads, columns, depth, block, aligned):
    """Device function: the weights of a run of one tap, which have this place; vb gets the values."""
    across, step, fours = U(columns // 4), U(block), U(depth // 4)

    @device
    def weights(w, place, c0, own_channels, own_filters, group, filters, t, column0, vb):
        for l in range(quads):  # noqa: E741
            index = U(t + U(l) * step)
            row = U(index // across)
            c = I(c0 + I(U(U(row % fours) << U(2)) + U(row // fours)))
            column = I(column0 + U(U(index % across) << U(2)))
            at = I(I(I(I(place * own_channels) + c) * I(filters)) + I(group * own_filters) + column)
            for e in range(4):
                vb[4 * l + e] = float32(0)
            if aligned:
                if c < own_channels and column < own_filters:
                    vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3] = load4(w, U(at))
            else:
                for e in range(4):
                    if c < own_channels and I(column + I(e)) < own_filters:
                        vb[4 * l + e] = w[U(at + I(e))]

    return weights


@cache
def gather_mixed(quads):
    """Device function: for terms k0 … k0 + 3 of the sum, whichever taps they belong to; va gets the values."""

    @device
    def gather(
        x, taps, first_tap, n_taps, k0, own_channels, group, image, corner_row, corner_column, height, width, channels,
        va,
    ):  # fmt: skip
        for e in range(4):
            tap = I(I(k0 + I(e)) // own_channels)
            c = I(I(k0 + I(e)) - I(tap * own_channels))
            at = I(I(first_tap + tap) * I(3))
            for l in range(quads):  # noqa: E741
                value = float32(0)
                if tap < n_taps and image[l] >= I(0):
                    row, column = I(corner_row[l] + taps[at]), I(corner_column[l] + taps[at + 1])
                    if row >= I(0) and column >= I(0) and row < I(height) and column < I(width):
                        place = I(I(image[l] + I(row * I(width)) + column) * I(channels))
                        value = x[U(place + I(group * own_channels) + c)]
                va[4 * l + e] = value

    return gather


@cache
def weights_mixed(quads, columns, depth, block):
    """Device function: the weights of a run of several taps, from term k0 on; vb gets the values."""
    across, step, fours = U(columns // 4), U(block), U(depth // 4)

    @device
    def weights(w, taps, first_tap, n_taps, k0, own_channels, own_filters, group, filters, t, column0, vb):
        for l in range(quads):  # noqa: E741
            index = U(t + U(l) * step)
            row = U(index // across)
            k = I(k0 + I(U(U(row % fours) << U(2)) + U(row // fours)))
            tap = I(k // own_channels)
            column = I(column0 + U(U(index % across) << U(2)))
            for e in range(4):
                value = float32(0)
                if tap < n_taps and I(column + I(e)) < own_filters:
                    place = I(taps[I(I(first_tap + tap) * I(3)) + I(2)])
                    line = I(I(place * own_channels) + I(k - I(tap * own_channels)))
                    value = w[U(I(I(line * I(filters)) + I(group * own_filters)) + I(column + I(e)))]
                vb[4 * l + e] = value

    return weights


@cache
def pixels_run(quads, rows, block, aligned):
    """Device function: what the taps of four lines of a weights' gradient read, from pixel `first` on; va gets it."""
    across, step = U(rows // 4), U(block)

    @device
    def pixels(
        x, first, n_pixels, of_image, out_width, step_rows, step_columns, height, width, channels, tap_row, tap_column,
        tap_channel, t, va,
    ):  # fmt: skip
        for l in range(quads):  # noqa: E741
            pixel = I(first + I(U(t + U(l) * step) // across))
            n = I(pixel // of_image)
            rest = I(pixel - I(n * of_image))
            p = I(rest // I(out_width))
            corner_row = I(p * I(step_rows))
            corner_column = I(I(rest - I(p * I(out_width))) * I(step_columns))
            image = I(I(n * I(height)) * I(width))
            for e in range(4):
                va[4 * l + e] = float32(0)
            if aligned:
                h, v = I(corner_row + tap_row[0]), I(corner_column + tap_column[0])
                inside = h >= I(0) and v >= I(0) and h < I(height) and v < I(width)
                if inside and pixel < n_pixels and tap_channel[0] >= I(0):
                    place = I(I(image + I(h * I(width)) + v) * I(channels))
                    va[4 * l], va[4 * l + 1], va[4 * l + 2], va[4 * l + 3] = load4(x, U(place + tap_channel[0]))
            else:
                for e in range(4):
                    h, v = I(corner_row + tap_row[e]), I(corner_column + tap_column[e])
                    inside = h >= I(0) and v >= I(0) and h < I(height) and v < I(width)
                    if inside and pixel < n_pixels and tap_channel[e] >= I(0):
                        place = I(I(image + I(h * I(width)) + v) * I(channels))
                        va[4 * l + e] = x[U(place + tap_channel[e])]

    return pixels


@cache
def gradients_run(quads, columns, block, aligned):
    """Device function: the gradient of four filters' outputs, from pixel `first` on; vb gets it."""
    across, step = U(columns // 4), U(block)

    @device
    def gradients(dy, first, n_pixels, own_filters, group, filters, t, column0, vb):
        for l in range(quads):  # noqa: E741
            index = U(t + U(l) * step)
            pixel = I(first + I(index // across))
            column = I(column0 + U(U(index % across) << U(2)))
            at = I(I(pixel * I(filters)) + I(group * own_filters) + column)
            for e in range(4):
                vb[4 * l + e] = float32(0)
            if aligned:
                if pixel < n_pixels and column < own_filters:
                    vb[4 * l], vb[4 * l + 1], vb[4 * l + 2], vb[4 * l + 3] = load4(dy, U(at))
            else:
                for e in range(4):
                    if pixel < n_pixels and I(column + I(e)) < own_filters:
                        vb[4 * l + e] = dy[U(at + I(e))]

    return gradients
