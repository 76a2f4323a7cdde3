"""Convolution as one matrix product: every window becomes a column, every filter a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import OUTSIDE, Case, case, filter_taps, from_planes, picked, planes, positions, reading_of_channels
from .labels import indexed
from .limits import Floats, Integers, check_picture


@dataclass(frozen=True, eq=False)
class Im2col:
    """A convolution as `filters` · `columns` = `product` (Chellapilla, Puri & Simard 2006).

    A column holds what a window reads, channel by channel and in each channel row by row; a row of `filters` holds a
    filter in the same order, with zeros for the channels of other groups.
    """

    case: Case
    columns: Floats
    """(C·R·S, OH·OW)."""
    filters: Floats
    """(K, C·R·S)."""
    product: Floats
    """(K, OH·OW)."""
    read: Integers
    """Which value each entry of `columns` is, as its index in vec(X), plane by plane; OUTSIDE (−1) for padding."""
    taps: Integers
    """Which weight each entry of `filters` is, as its index in `case.weights.ravel()`; OUTSIDE (−1) for none."""
    places: Integers
    """(row, column) of the output pixel of each column (OH·OW, 2)."""

    @property
    def output(self) -> Floats:
        """The product as an image (OH, OW, K)."""
        return from_planes(self.product.ravel(), self.case.output)

    @property
    def copies(self) -> Integers:
        """How often `columns` holds each value of the image (H, W, C)."""
        shape = self.case.image.shape
        counts = np.bincount(self.read[self.read != OUTSIDE], minlength=self.case.image.size)
        return from_planes(counts, shape)

    def window(self, column: int) -> tuple[int, int, int, int]:
        """The box of the image (top, bottom, left, right; ends excluded) that became this column.

        It reaches beyond the image where the window reads padding; a dilated window does not read all of its box.
        """
        layer = self.case.layer
        before, _, aside, _ = layer.geometry.pads(*self.case.image.shape[:2])
        row, place = self.places[column].tolist()
        top, left = row * layer.stride[0] - before, place * layer.stride[1] - aside
        return top, top + layer.geometry.extent[0], left, left + layer.geometry.extent[1]

    def pixel(self, row: int, column: int) -> tuple[int, int, int] | None:
        """(row, column, channel) of the image value that stands here in `columns`; None for padding."""
        number = int(self.read[row, column])
        if number == OUTSIDE:
            return None
        height, width, _ = self.case.image.shape
        channel, place = divmod(number, height * width)
        row_of_pixel, column_of_pixel = divmod(place, width)
        return row_of_pixel, column_of_pixel, channel

    def label(self, row: int, column: int) -> str:
        """`x₂₃` for the entry of `columns`, 0 for padding."""
        pixel = self.pixel(row, column)
        return "0" if pixel is None else indexed("x", pixel, self.case.image.shape)


def im2col(image: Any, weights: Any, **geometry: Any) -> Im2col:
    """The matrices for an image (H, W) or (H, W, C) and filters (R, S), (R, S, C) or (R, S, C/groups, K).

    `geometry` takes Conv2D's stride, padding, dilation and groups. ConvscopeError if a matrix has more than
    LARGEST_PICTURE entries.
    """
    given = case(image, weights, **geometry)
    count = given.layer.filters
    check_picture("im2col matrix", given.taps, given.windows, "use a smaller image or filter, or a larger stride")
    check_picture("filter matrix", count, given.taps, "use fewer or smaller filters")
    check_picture("product", count, given.windows, "use fewer filters or a larger stride")
    read, taps = reading_of_channels(given), filter_taps(given)
    columns, filters = picked(planes(given.image), read), picked(given.weights, taps)
    places = positions(given.output)[: given.windows, :2]
    return Im2col(given, columns, filters, filters @ columns, read, taps, places)
