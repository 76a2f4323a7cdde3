"""Augmentation's kernels: each output pixel is found in its image, coloured, and made network input, row by row.

An image is (h, w·C) and a target (H, W·C): rows are then one slice each, and their loops vectorise.
"""

import math

import numba
import numpy as np

from ...kernels.elementwise import share
from ...kernels.jit import device, kernel
from . import scalar
from .scalar import OUTSIDE

_inside, _traced = device(scalar.inside), device(scalar.traced)


@kernel
def augment(
    images, places, channels, maps, lenses, whole, samples, border,
    gain, of_mean, offset, holes, scale, means, mean_image, stds, reverse, out, threads,
):  # fmt: skip
    """Network input out (n, H, W·C) float32 from images (N, h, w·C), uint8 or float32; image i is images[places[i]].

    maps (n, S, 2, 3) and lenses (n, S − 1) lead from output to image; whole (n, 5) says where that only copies, samples
    (n, 2) how many points a pixel averages. Then gain (n,), of_mean (n,) and offset (n, C) of the tint, then scale,
    means (W·C,), mean_image (H, W·C) or of no rows, and stds (W·C,) of the preprocessing, then holes (n, k, 4) of 0.
    """
    for thread in numba.prange(threads):
        first, last = share(thread, threads, out.shape[0])
        for i in range(first, last):
            source, target, tint = images[places[i]], out[i], offset[i]
            mean = _mean(source) if of_mean[i] != 0 else 0.0
            shade = of_mean[i] * mean
            tinted = gain[i] != 1 or shade != 0 or np.any(tint != 0)
            for y in range(target.shape[0]):
                row = target[y]
                if whole[i, 0]:
                    _copied(source, channels, whole[i], y, border, row)
                else:
                    _sampled(source, channels, maps[i], lenses[i], samples[i], y, border, row)
                if tinted:
                    _tinted(row, channels, gain[i], shade, tint)
                if reverse:
                    _reversed(row, channels)
                _normalised(row, scale, means, mean_image, y, stds)
            _erased(target, channels, holes[i])


@device
def _mean(source):
    """Mean of all pixels and channels."""
    total = 0.0
    for y in range(source.shape[0]):
        row = source[y]
        for p in range(row.shape[0]):
            total += row[p]
    return total / (source.shape[0] * source.shape[1])


@device
def _copied(source, channels, whole, y, border, row):
    """A row where output and image pixels coincide: source (whole[1]·y + whole[2], whole[3]·x + whole[4])."""
    columns, width = row.shape[0] // channels, source.shape[1] // channels
    at = _inside(whole[1] * y + whole[2], source.shape[0], border)
    if at == OUTSIDE:
        row[:] = np.float32(0)
        return
    line, sign, start = source[at], whole[3], whole[4]
    first = min(max(-start if sign > 0 else start - width + 1, 0), columns)  # x from first up to last lie inside
    last = max(min(width - start if sign > 0 else start + 1, columns), first)
    if sign > 0 and last > first:
        values, target = line[(first + start) * channels : (last + start) * channels], row[first * channels :]
        for p in range(values.shape[0]):
            target[p] = values[p]
    else:
        for x in range(first, last):
            for c in range(channels):
                row[x * channels + c] = line[(start - x) * channels + c]
    for x in range(columns - (last - first)):
        column = x if x < first else x + last - first
        seen = _inside(sign * column + start, width, border)
        for c in range(channels):
            row[column * channels + c] = np.float32(0) if seen == OUTSIDE else np.float32(line[seen * channels + c])


@device
def _sampled(source, channels, maps, lenses, samples, y, border, row):
    """A row of interpolated pixels. One that covers several of the image averages samples[0] · samples[1] points."""
    down, across = samples[0], samples[1]
    weight = np.float32(1.0 / (down * across))
    row[:] = np.float32(0)
    high, wide = 1.0 / down, 1.0 / across
    for x in range(row.shape[0] // channels):
        pixel = row[x * channels : (x + 1) * channels]
        for i in range(down):
            for j in range(across):
                at_y, at_x = _traced(maps, lenses, y - 0.5 + (i + 0.5) * high, x - 0.5 + (j + 0.5) * wide)
                _interpolated(source, channels, at_y, at_x, weight, border, pixel)


@device
def _interpolated(source, channels, y, x, weight, border, pixel):
    """pixel += weight · the image at (y, x), between the four pixels around it."""
    top, left = math.floor(y), math.floor(x)
    low, right = np.float32(y - top), np.float32(x - left)
    row, column = np.int64(top), np.int64(left)
    high = np.float32(1) - low
    before, behind = weight * (np.float32(1) - right), weight * right
    if 0 <= row < source.shape[0] - 1 and 0 <= column < source.shape[1] // channels - 1:
        above = source[row, column * channels : (column + 2) * channels]
        below = source[row + 1, column * channels : (column + 2) * channels]
        for c in range(channels):
            upper = before * np.float32(above[c]) + behind * np.float32(above[channels + c])
            lower = before * np.float32(below[c]) + behind * np.float32(below[channels + c])
            pixel[c] += high * upper + low * lower
    else:
        _corner(source, channels, row, column, high * before, border, pixel)
        _corner(source, channels, row, column + 1, high * behind, border, pixel)
        _corner(source, channels, row + 1, column, low * before, border, pixel)
        _corner(source, channels, row + 1, column + 1, low * behind, border, pixel)


@device
def _corner(source, channels, row, column, weight, border, pixel):
    """pixel += weight · one pixel, near or beyond the edge."""
    y = _inside(row, source.shape[0], border)
    x = _inside(column, source.shape[1] // channels, border)
    if min(y, x) > OUTSIDE:
        for c in range(channels):
            pixel[c] += weight * np.float32(source[y, x * channels + c])


@device
def _tinted(row, channels, gain, shade, tint):
    """New colours, held between 0 and 255."""
    for c in range(channels):
        added, factor = np.float32(shade + tint[c]), np.float32(gain)
        for x in range(row.shape[0] // channels):
            value = factor * row[x * channels + c] + added
            row[x * channels + c] = min(max(value, np.float32(0)), np.float32(255))


@device
def _reversed(row, channels):
    """First channel last."""
    for x in range(row.shape[0] // channels):
        pixel = row[x * channels : (x + 1) * channels]
        for c in range(channels // 2):
            pixel[c], pixel[channels - 1 - c] = pixel[channels - 1 - c], pixel[c]


@device
def _normalised(row, scale, means, mean_image, y, stds):
    """Row y · scale, less both means, / stds, each in a loop of its own: fused they would be rounded otherwise."""
    for p in range(row.shape[0]):
        row[p] *= scale
    for p in range(row.shape[0]):
        row[p] -= means[p]
    if mean_image.shape[0]:
        values = mean_image[y]
        for p in range(row.shape[0]):
            row[p] -= values[p]
    for p in range(row.shape[0]):
        row[p] /= stds[p]


@device
def _erased(target, channels, holes):
    for hole in range(holes.shape[0]):
        top, left, bottom, right = holes[hole]
        for y in range(top, bottom):
            target[y][left * channels : right * channels] = np.float32(0)
