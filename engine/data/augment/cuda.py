"""Augmentation's kernels on a GPU: what cpu.py computes, one thread for each value of the network's input.

Where a point of the output lies in its image, and what is seen beyond an edge, say the formulas of scalar.py. Maps of
whole pixels give the CPU's bits: products are rounded before anything is taken from them, which a fused multiply-add
would not do. Where pixels are interpolated or tinted both sides may differ by a unit in the last place.
"""

import math

import numpy as np
from numba import float64

from ...kernels.cuda_jit import REDUCERS, cuda, device, kernel, per
from ...kernels.cuda_sums import block_sum
from . import scalar
from .scalar import OUTSIDE

inside, traced = device(scalar.inside), device(scalar.traced)


@kernel(per("count"))
def look_up(pixels, table, channels, out, count):
    """Network input for the values of pixels: pixels (n·H·W·C,) uint8, table (C·256,), out as pixels, both float32."""
    k = cuda.grid(1)
    if k < count:
        out[k] = table[256 * (k % channels) + np.int64(pixels[k])]


def of_images(given):
    """One block an image."""
    return (int(given["images"]),), REDUCERS


@kernel(of_images)
def image_means(pixels, size, means, images):
    """Mean of each image's pixels and channels: pixels (images · size,), means (images,) float64."""
    shared = cuda.shared.array(REDUCERS, float64)
    image, thread, total = cuda.blockIdx.x, cuda.threadIdx.x, 0.0
    for p in range(image * size + thread, (image + 1) * size, REDUCERS):
        total += pixels[p]
    total = block_sum(shared, thread, total)
    if thread == 0:
        means[image] = total / size


@kernel(per("count"))
def augment(
    images, channels, maps, lenses, whole, samples, border, tint, shades, holes, scale, means, mean_image, has_image,
    stds, reverse, out, high, wide, count,
):  # fmt: skip
    """Network input out (n·H·W·C,) float32 from images (n, h, w·C), uint8 or float32.

    maps (n, S, 2, 3), lenses (n, S or more), whole (n, 5), samples (n, 2) and holes (n, k, 4) are as in cpu.py; tint
    (n, 3 + C) is 1 where there is one, gain, of_mean and offset, and shades (n,) are the images' means. means (C,),
    mean_image (H·W·C,) where `has_image`, and stds (C,) are of the preprocessing.
    """
    k = cuda.grid(1)
    if k < count:
        c, p = k % channels, k // channels
        x, y, i = p % wide, p // wide % high, p // (wide * high)
        source = channels - 1 - c if reverse else c
        value = np.float32(0)
        if not _hidden(holes[i], y, x):
            if whole[i, 0]:
                value = _copied(images[i], channels, source, whole[i], y, x, border)
            else:
                value = _sampled(images[i], channels, source, maps[i], lenses[i], samples[i], y, x, border)
            value = _tinted(value, tint[i], source, shades[i])
            value = np.float32(float64(value) * float64(scale)) - means[c]
            if has_image:
                value -= mean_image[(y * wide + x) * channels + c]
            value /= stds[c]
        out[k] = value


@kernel(per("pairs", "size"))
def mix(batch, numbers, images, size, pairs):
    """Each image of a batch (n·P,) becomes numbers[0] of itself and the rest of image n − 1 − i, in place."""
    k = cuda.grid(1)
    if k < pairs * size:
        i, p = k // size, k % size
        one, other = i * size + p, (images - 1 - i) * size + p
        share, rest = numbers[0], 1 - numbers[0]
        a, b = batch[one], batch[other]
        batch[one] = np.float32(share * a + rest * b)
        batch[other] = np.float32(share * b + rest * a)


@device
def _hidden(holes, y, x):
    """Whether a point lies in a hole."""
    for hole in range(holes.shape[0]):
        if holes[hole, 0] <= y < holes[hole, 2] and holes[hole, 1] <= x < holes[hole, 3]:
            return True
    return False


@device
def _copied(image, channels, c, whole, y, x, border):
    """The pixel (whole[1]·y + whole[2], whole[3]·x + whole[4])."""
    row = inside(whole[1] * y + whole[2], image.shape[0], border)
    column = inside(whole[3] * x + whole[4], image.shape[1] // channels, border)
    if min(row, column) == OUTSIDE:
        return np.float32(0)
    return np.float32(image[row, column * channels + c])


@device
def _sampled(image, channels, c, maps, lenses, samples, y, x, border):
    """An interpolated value; a pixel that covers several of the image averages samples[0] · samples[1] points."""
    down, across = samples[0], samples[1]
    weight = np.float32(1.0 / (down * across))
    high, wide = 1.0 / down, 1.0 / across
    value = np.float32(0)
    for i in range(down):
        for j in range(across):
            at_y, at_x = traced(maps, lenses, y - 0.5 + (i + 0.5) * high, x - 0.5 + (j + 0.5) * wide)
            value = _interpolated(image, channels, c, at_y, at_x, weight, border, value)
    return value


@device
def _interpolated(image, channels, c, y, x, weight, border, value):
    """value + weight · the image at (y, x), between the four pixels around it."""
    top, left = math.floor(y), math.floor(x)
    low, right = np.float32(y - top), np.float32(x - left)
    row, column = np.int64(top), np.int64(left)
    high = np.float32(1) - low
    before, behind = weight * (np.float32(1) - right), weight * right
    if 0 <= row < image.shape[0] - 1 and 0 <= column < image.shape[1] // channels - 1:
        at, then = column * channels + c, (column + 1) * channels + c
        upper = before * np.float32(image[row, at]) + behind * np.float32(image[row, then])
        lower = before * np.float32(image[row + 1, at]) + behind * np.float32(image[row + 1, then])
        return value + (high * upper + low * lower)
    value += high * before * _corner(image, channels, c, row, column, border)
    value += high * behind * _corner(image, channels, c, row, column + 1, border)
    value += low * before * _corner(image, channels, c, row + 1, column, border)
    return value + low * behind * _corner(image, channels, c, row + 1, column + 1, border)


@device
def _corner(image, channels, c, row, column, border):
    """One value, near or beyond the edge."""
    y = inside(row, image.shape[0], border)
    x = inside(column, image.shape[1] // channels, border)
    return np.float32(0) if min(y, x) == OUTSIDE else np.float32(image[y, x * channels + c])


@device
def _tinted(value, tint, c, mean):
    """The new colour, held between 0 and 255, where there is one."""
    shade = tint[2] * mean if tint[2] != 0 else 0.0
    if tint[0] == 0 and shade == 0:
        return value
    value = np.float32(tint[1]) * value + np.float32(shade + tint[3 + c])
    return min(max(value, np.float32(0)), np.float32(255))
