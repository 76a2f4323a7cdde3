"""Offsets that turn a convolution's weight gradient into register-tile calls. Units and scratch: see tables.py."""

from __future__ import annotations

from dataclasses import dataclass

from ...kernels.vector import LANES, ROWS
from .tables import Conv, Ints, ints, padded

_GRADIENT_PIXELS = 192  # output pixels in a unit: its panels then stay in L1


@dataclass(frozen=True)
class WeightGradient:
    """Arrays for the kernel `weight_gradient`; see WEIGHT_GRADIENT for the geometry."""

    geometry: Ints
    rows: Ints
    outs: Ints
    lines: Ints
    scratch: int
    partial: int


WEIGHT_GRADIENT = (
    "batch",
    "images",
    "units",
    "strip",
    "strips",
    "height",
    "width",
    "channels",
    "out_height",
    "out_width",
    "filters",
    "groups",
    "group_channels",
    "group_filters",
    "copy_rows",
    "copy_cols",
    "row_start",
    "row_step",
    "col_start",
    "column_step",
    "reduction",
    "tiles",
    "pitch",
    "copy_gradient",
    "scratch",
    "partial",
)


def weight_gradient_tables(c: Conv) -> WeightGradient:
    """Rows are the positions of one filter, columns the filters, the reduction runs over output pixels."""
    images, strip = _unit(c)
    channels, filters, width = c.group_channels, c.group_filters, padded(c.group_filters)
    columns = (c.out_width - 1) * c.stride[1] + c.extent[1]
    copy_rows, pitch = (strip - 1) * c.stride[0] + c.extent[0], columns * channels
    positions = [
        (r * c.dilation[0] * columns + s * c.dilation[1]) * channels + i
        for r in range(c.kernel[0])
        for s in range(c.kernel[1])
        for i in range(channels)
    ]
    tiles = -(-len(positions) // ROWS) * ROWS
    lines = [(image * copy_rows + row * c.stride[0]) * pitch for image in range(images) for row in range(strip)]
    copied = filters % LANES != 0
    gradient_floats = images * strip * c.out_width * width if copied else 0
    scratch, partial = images * copy_rows * pitch + gradient_floats + LANES, c.groups * (tiles + 1) * width
    strips = -(-c.out_height // strip)
    units = (c.batch, images, -(-c.batch // images) * strips, strip, strips)
    sizes = (c.height, c.width, c.channels, c.out_height, c.out_width, c.filters, c.groups, channels, filters)
    window = (copy_rows, columns, -c.top, strip * c.stride[0], -c.left, c.stride[1] * channels)
    geometry = (*units, *sizes, *window, len(positions), tiles, pitch, int(copied), scratch, partial)
    rows = positions + [positions[-1]] * (tiles - len(positions))
    outs = [i * width for i in range(tiles)]
    return WeightGradient(ints(geometry), ints(rows), ints(outs), ints(lines), scratch, partial)


def _unit(c: Conv) -> tuple[int, int]:
    """Images and output rows of one unit."""
    pixels = c.out_height * c.out_width
    if pixels <= _GRADIENT_PIXELS:
        return max(min(_GRADIENT_PIXELS // pixels, c.batch // 4), 1), c.out_height
    return 1, max(_GRADIENT_PIXELS // c.out_width, 1)
