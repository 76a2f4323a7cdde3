"""Offsets that turn a convolution pass into register-tile calls.

A *sliding product* reads windows of a source image and writes destination pixels. Forward slides over the input;
the gradient of the input slides over the output's gradient with flipped weights. With a stride s the gradient splits
into s×s phases, each a stride-1 product with every s-th tap: no zeros are inserted.

Work is cut in units (a few whole images, or a strip of rows of one); a thread copies the source rows of its unit,
zeros around them, into its own scratch, small enough to stay in cache. Where nothing needs padding the source is read
in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...kernels.vector import LANES, ROWS, WIDTH

Ints = NDArray[np.int64]
_STRIP_FLOATS = 48 * 1024  # source values in a unit: 192 KiB, well inside a core's L2 beside weights and outputs
_TASKS = 4  # units a call should at least have, so that two to four threads find work
_GRADIENT_PIXELS = 192  # output pixels in a unit of the weight gradient: its panels then stay in L1


@dataclass(frozen=True)
class Conv:
    """Geometry of one convolution: N×H×W×C to N×OH×OW×K."""

    batch: int
    height: int
    width: int
    channels: int
    out_height: int
    out_width: int
    filters: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    top: int
    left: int
    groups: int

    @property
    def group_channels(self) -> int:
        return self.channels // self.groups

    @property
    def group_filters(self) -> int:
        return self.filters // self.groups

    @property
    def extent(self) -> tuple[int, int]:
        return (self.kernel[0] - 1) * self.dilation[0] + 1, (self.kernel[1] - 1) * self.dilation[1] + 1


def blocks(columns: int) -> int:
    """Number of WIDTH-wide blocks that hold so many columns."""
    return -(-columns // WIDTH)


def padded(columns: int) -> int:
    """Columns of packed storage: full blocks, the last one half as wide where that suffices."""
    rest = columns % WIDTH
    return blocks(columns) * WIDTH - (WIDTH - LANES if 0 < rest <= LANES else 0)


@dataclass(frozen=True)
class Axis:
    """One direction of a sliding product for destination positions of one phase.

    Position i of the phase is destination `first + i·step`; its window starts `i·advance` source positions after the
    unit's first and has taps at `shifts`, which use kernel positions `taps`.
    """

    first: int
    step: int
    count: int
    advance: int
    shifts: tuple[int, ...]
    taps: tuple[int, ...]


@dataclass(frozen=True)
class Sliding:
    """A sliding product as arrays for the kernel `slide`. All offsets are in floats.

    geometry: see GEOMETRY; phases: one row a phase, see PHASE; rows, outs: pixel tables; taps: tap table;
    order: for each reduction entry of each phase, the kernel position r·S + s it uses (for packing).
    """

    geometry: Ints
    phases: Ints
    rows: Ints
    outs: Ints
    taps: Ints
    order: Ints
    scratch: int
    packed: int


GEOMETRY = (
    "batch",
    "images",
    "units",
    "strip",
    "strips",
    "source_height",
    "source_width",
    "source_channels",
    "height",
    "width",
    "channels",
    "groups",
    "group_source",
    "group_out",
    "copy_rows",
    "copy_cols",
    "row_start",
    "row_step",
    "col_start",
    "direct",
    "scratch",
)
PHASE = ("row_first", "row_step", "columns", "rows_at", "taps_at", "n_taps", "n_inner", "packed_at", "reduction")


def forward_tables(c: Conv) -> Sliding:
    """The sliding product of the forward pass."""
    axes = []
    for size, kernel, stride, dilation in zip((c.out_height, c.out_width), c.kernel, c.stride, c.dilation):
        axes.append([Axis(0, 1, size, stride, tuple(t * dilation for t in range(kernel)), tuple(range(kernel)))])
    source = (c.height, c.width, c.channels)
    target = (c.out_height, c.out_width, c.filters)
    return _tables(c, source, target, axes, (1, c.stride[0]), (-c.top, -c.left), c.extent)


def input_gradient_tables(c: Conv) -> Sliding:
    """The sliding product over the output's gradient that gives the input's gradient."""
    axes, starts, spans = [], [], []
    for size, kernel, stride, dilation, before in zip(
        (c.height, c.width), c.kernel, c.stride, c.dilation, (c.top, c.left)
    ):
        start = (before - (kernel - 1) * dilation) // stride  # the first source position that any window reaches
        phases = []
        for first in range(min(stride, size)):
            taps = [t for t in reversed(range(kernel)) if (first + before - t * dilation) % stride == 0]
            shifts = [(first + before - t * dilation) // stride - start for t in taps]
            phases.append(Axis(first, stride, -(-(size - first) // stride), 1, tuple(shifts), tuple(taps)))
        axes.append(phases)
        starts.append(start)
        spans.append(max((max(p.shifts) for p in phases if p.shifts), default=0) + 1)
    source = (c.out_height, c.out_width, c.filters)
    target = (c.height, c.width, c.channels)
    return _tables(c, source, target, axes, (c.stride[0], 1), (starts[0], starts[1]), (spans[0], spans[1]))


def _tables(
    c: Conv,
    source: tuple[int, int, int],
    target: tuple[int, int, int],
    axes: list[list[Axis]],
    rhythm: tuple[int, int],
    start: tuple[int, int],
    span: tuple[int, int],
) -> Sliding:
    """Destination rows advance in steps of rhythm[0] while source rows advance by rhythm[1]."""
    group_source, group_out = source[2] // c.groups, target[2] // c.groups
    columns = (max(a.count for a in axes[1]) - 1) * axes[1][0].advance + span[1]
    images, strip = _unit(c.batch, target[0], rhythm, span[0], columns * group_source)
    rows_in_strip = min(strip, target[0])
    copy_rows = (-(-strip // rhythm[0]) - 1) * rhythm[1] + span[0]
    strips = -(-target[0] // strip)
    last = (
        ((strips - 1) * strip // rhythm[0]) * rhythm[1]
        + start[0]
        + (-(-(target[0] - (strips - 1) * strip) // rhythm[0]) - 1) * rhythm[1]
        + span[0]
    )
    direct = c.groups == 1 and start == (0, 0) and last <= source[0] and columns <= source[1]
    pitch = (source[1] if direct else columns) * group_source
    plane = source[0] * pitch if direct else copy_rows * pitch
    phases, rows, outs, taps, order, packed = [], [], [], [], [], 0
    for vertical in axes[0]:
        for horizontal in axes[1]:
            reduction, tap_shifts, inner, positions = _window(vertical, horizontal, pitch, group_source, c.kernel[1])
            phase_rows, phase_outs = _pixels(
                images, rows_in_strip, vertical, horizontal, plane, pitch, group_source, target
            )
            n_rows = sum(map(len, rows))
            phases.append(
                (
                    vertical.first,
                    vertical.step,
                    horizontal.count,
                    n_rows,
                    sum(map(len, taps)),
                    len(tap_shifts),
                    inner,
                    packed,
                    reduction,
                )
            )
            rows.append(phase_rows)
            outs.append(phase_outs)
            taps.append(tap_shifts)
            order.append(positions)
            packed += reduction * padded(group_out)
    scratch = (0 if direct else images * plane) + ROWS * WIDTH + LANES
    geometry = (
        c.batch,
        images,
        -(-c.batch // images) * strips,
        strip,
        strips,
        *source,
        *target,
        c.groups,
        group_source,
        group_out,
        copy_rows,
        columns,
        start[0],
        rhythm[1] * strip // rhythm[0],
        start[1],
        int(direct),
        scratch,
    )
    return Sliding(
        _ints(geometry),
        np.array(phases, np.int64),
        _join(rows),
        _join(outs),
        _join(taps),
        _join(order),
        scratch,
        packed,
    )


def _unit(batch: int, height: int, rhythm: tuple[int, int], span: int, line: int) -> tuple[int, int]:
    """Images and destination rows of one unit: several whole images if they are small, else a strip of one."""
    whole = ((-(-height // rhythm[0]) - 1) * rhythm[1] + span) * line
    all_steps = -(-height // rhythm[0])
    if batch < _TASKS:  # too few images to share out: share rows
        return 1, max(min(-(-all_steps // _TASKS), (_STRIP_FLOATS // line - span) // rhythm[1] + 1), 1) * rhythm[0]
    if whole <= _STRIP_FLOATS:
        images = max(min(_STRIP_FLOATS // whole, batch // 8), 1)
        return images, all_steps * rhythm[0]
    steps = max((_STRIP_FLOATS // line - span) // rhythm[1] + 1, 1)
    return 1, steps * rhythm[0]


def _window(
    vertical: Axis, horizontal: Axis, pitch: int, channels: int, kernel_columns: int
) -> tuple[int, list[int], int, list[int]]:
    """(reduction length, tap offsets, inner run, kernel positions in the order of the reduction)."""
    shifts = horizontal.shifts
    joined = len(shifts) > 0 and all(b - a == 1 for a, b in pairwise(shifts))
    positions = [r * kernel_columns + s for r in vertical.taps for s in horizontal.taps]
    reduction = len(positions) * channels
    if joined:
        return reduction, [r * pitch + shifts[0] * channels for r in vertical.shifts], len(shifts) * channels, positions
    return reduction, [r * pitch + s * channels for r in vertical.shifts for s in shifts], channels, positions


def _pixels(
    images: int,
    strip: int,
    vertical: Axis,
    horizontal: Axis,
    plane: int,
    pitch: int,
    channels: int,
    target: tuple[int, int, int],
) -> tuple[Ints, Ints]:
    """Source and destination offsets of a unit's pixels of one phase: image by image, row by row."""
    height, width, out_channels = target
    n_rows = max(-(-(strip - vertical.first) // vertical.step), 0)
    image, row, column = np.meshgrid(np.arange(images), np.arange(n_rows), np.arange(horizontal.count), indexing="ij")
    source = image * plane + row * vertical.advance * pitch + column * horizontal.advance * channels
    lines = image * height + vertical.first + row * vertical.step
    out = (lines * width + horizontal.first + column * horizontal.step) * out_channels
    return source.ravel().astype(np.int64), out.ravel().astype(np.int64)


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
    channels, filters = c.group_channels, c.group_filters
    columns = (c.out_width - 1) * c.stride[1] + c.extent[1]
    pixels = c.out_height * c.out_width
    if pixels <= _GRADIENT_PIXELS:
        images, strip = max(min(_GRADIENT_PIXELS // pixels, c.batch // 4), 1), c.out_height
    else:
        images, strip = 1, max(_GRADIENT_PIXELS // c.out_width, 1)
    copy_rows = (strip - 1) * c.stride[0] + c.extent[0]
    strips = -(-c.out_height // strip)
    pitch = columns * channels
    positions = [
        (r * c.dilation[0] * columns + s * c.dilation[1]) * channels + i
        for r in range(c.kernel[0])
        for s in range(c.kernel[1])
        for i in range(channels)
    ]
    reduction = len(positions)
    tiles = -(-reduction // ROWS) * ROWS
    rows = positions + [positions[-1]] * (tiles - reduction)
    width = padded(filters)
    lines = [(image * copy_rows + row * c.stride[0]) * pitch for image in range(images) for row in range(strip)]
    copy_gradient = filters % LANES != 0
    image_floats = images * copy_rows * pitch
    scratch = image_floats + (images * strip * c.out_width * width if copy_gradient else 0) + LANES
    partial = c.groups * (tiles * width + width)
    geometry = (
        c.batch,
        images,
        -(-c.batch // images) * strips,
        strip,
        strips,
        c.height,
        c.width,
        c.channels,
        c.out_height,
        c.out_width,
        c.filters,
        c.groups,
        channels,
        filters,
        copy_rows,
        columns,
        -c.top,
        strip * c.stride[0],
        -c.left,
        c.stride[1] * channels,
        reduction,
        tiles,
        pitch,
        int(copy_gradient),
        scratch,
        partial,
    )
    outs = [i * width for i in range(tiles)]
    return WeightGradient(_ints(geometry), _ints(rows), _ints(outs), _ints(lines), scratch, partial)


def _ints(values: object) -> Ints:
    return np.array(values, dtype=np.int64).reshape(-1)


def _join(parts: list[Ints] | list[list[int]]) -> Ints:
    return np.concatenate([_ints(part) for part in parts]) if parts else np.zeros(0, np.int64)
