"""A small convolution, and which pixel each tap of each window reads: what all pictures of convolution are made of.

Pictures count values plane by plane: vec(X) runs through the columns, then the rows, then the channels. With that order
the matrix of a convolution consists of one doubly blocked Toeplitz matrix for each channel and filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layers.conv.spec import Conv2D
from ..spec import ConvscopeError, Shape
from ..spec.windows import WindowGeometry
from .limits import Floats, Integers, finite

OUTSIDE = -1
"""Stands where a tap reads padding, or where a matrix holds no tap."""


@dataclass(frozen=True, eq=False)
class Case:
    """An image, filters, and the declaration of the layer that applies them (without bias).

    `image` is (H, W, C), `weights` (R, S, C/groups, K) as the engine keeps them, `output` the shape (OH, OW, K).
    """

    layer: Conv2D
    image: Floats
    weights: Floats
    output: Shape

    @property
    def taps(self) -> int:
        """Taps of a window over all channels: R·S·C, the rows of an im2col matrix."""
        return self.layer.kernel[0] * self.layer.kernel[1] * int(self.image.shape[2])

    @property
    def windows(self) -> int:
        """Window positions: OH·OW."""
        return self.output[0] * self.output[1]


def case(image: Any, weights: Any, **geometry: Any) -> Case:
    """An image (H, W) or (H, W, C) with filters (R, S), (R, S, C) or (R, S, C/groups, K).

    `geometry` takes Conv2D's stride, padding, dilation and groups. ParameterError or ShapeError if they do not fit.
    """
    pixels, filters = finite("image", image, (2, 3)), finite("filter", weights, (2, 3, 4))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    filters = filters.reshape(*filters.shape, *(1,) * (4 - filters.ndim))
    rows, columns, channels, count = filters.shape
    layer = Conv2D(count, (rows, columns), bias=False, **geometry)
    output = layer.infer_shape([pixels.shape])
    if channels * layer.groups != pixels.shape[2]:
        raise ConvscopeError(
            f"The filters have shape {filters.shape} and the image {pixels.shape[2]} channels; with groups "
            f"{layer.groups} give filters ({rows}, {columns}, {pixels.shape[2] // layer.groups}, {count})."
        )
    return Case(layer, pixels, filters, output)


def planes(values: Floats) -> Floats:
    """vec(X): the values of (H, W, C) plane by plane, (C·H·W,)."""
    return values.transpose(2, 0, 1).ravel()


def from_planes(vector: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """The (H, W, C) array whose `planes` are this vector."""
    height, width, channels = shape
    return vector.reshape(channels, height, width).transpose(1, 2, 0)


def positions(shape: Shape) -> Integers:
    """(row, column, channel) of each value in the order of `planes`: (C·H·W, 3)."""
    height, width, channels = shape
    channel, row, column = np.indices((channels, height, width)).reshape(3, -1)
    return np.stack([row, column, channel], 1)


def reading(geometry: WindowGeometry, height: int, width: int) -> Integers:
    """Which pixel (row·width + column) each tap reads in each window: (R·S, OH·OW), OUTSIDE in the padding."""
    top, _, left, _ = geometry.pads(height, width)
    row = _reached(0, geometry, geometry.output_size(height, width)[0], top, height)
    column = _reached(1, geometry, geometry.output_size(height, width)[1], left, width)
    pixel = row[:, None, :, None] * width + column[None, :, None, :]
    within = (row >= 0)[:, None, :, None] & (column >= 0)[None, :, None, :]
    return np.where(within, pixel, OUTSIDE).reshape(geometry.kernel[0] * geometry.kernel[1], -1)


def _reached(axis: int, geometry: WindowGeometry, count: int, before: int, length: int) -> Integers:
    """The row (or column) that each tap reads at each window position: (taps, positions)."""
    tap = np.arange(geometry.kernel[axis])[:, None] * geometry.dilation[axis]
    at = np.arange(count)[None, :] * geometry.stride[axis] + tap - before
    return np.where((at >= 0) & (at < length), at, OUTSIDE)


def reading_of_channels(given: Case) -> Integers:
    """Which value of vec(X) each tap reads in each window: (C·R·S, OH·OW), OUTSIDE in the padding."""
    height, width, channels = given.image.shape
    plane = reading(given.layer.geometry, height, width)
    stacked = plane + np.arange(channels)[:, None, None] * (height * width)
    return np.where(plane == OUTSIDE, OUTSIDE, stacked).reshape(-1, plane.shape[1])


def filter_taps(given: Case) -> Integers:
    """Which weight (its index in `weights.ravel()`) each filter has for each tap: (K, C·R·S).

    OUTSIDE where a filter does not see the channel, because it belongs to another group.
    """
    rows, columns, channels, filters = given.weights.shape
    numbers = np.arange(given.weights.size).reshape(given.weights.shape).transpose(3, 2, 0, 1)
    taps = np.full((filters, given.image.shape[2], rows, columns), OUTSIDE)
    for k in range(filters):
        first = k // (filters // given.layer.groups) * channels
        taps[k, first : first + channels] = numbers[k]
    return taps.reshape(filters, -1)


def picked(values: Floats, numbers: Integers) -> Floats:
    """The values with these numbers, and 0 for OUTSIDE."""
    return np.where(numbers == OUTSIDE, 0.0, values.ravel()[numbers])
