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
Image = tuple[int, int, int]  # height, width, channels
_STRIP_FLOATS = 48 * 1024  # source values in a unit: 192 KiB, well inside a core's L2 beside weights and outputs
ONE_TAP = np.zeros(1, np.int64)  # the table of a product without a window
_TASKS = 4  # units a call should at least have, so that two to four threads find work


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


@dataclass(frozen=True)
class _Pass:
    """A sliding product before it is laid out in memory.

    source and target are (height, width, channels); rows and columns hold one Axis a phase. Destination rows advance
    in steps of rhythm[0] while source rows advance by rhythm[1]; `start` is the first source position of a unit at
    the origin and `span` how far its windows reach, both (rows, columns).
    """

    case: Conv
    source: Image
    target: Image
    rows: list[Axis]
    columns: list[Axis]
    rhythm: tuple[int, int]
    start: tuple[int, int]
    span: tuple[int, int]

    @property
    def channels(self) -> int:
        """Source channels of one group."""
        return self.source[2] // self.case.groups

    @property
    def copy_columns(self) -> int:
        """Source columns that the windows of one row reach."""
        return (max(axis.count for axis in self.columns) - 1) * self.columns[0].advance + self.span[1]

    def copy_rows(self, rows: int) -> int:
        """Source rows that the windows of so many destination rows reach."""
        return (-(-rows // self.rhythm[0]) - 1) * self.rhythm[1] + self.span[0]


@dataclass(frozen=True)
class _Layout:
    """How a pass is cut into units, and where the source rows of a unit lie (in floats)."""

    images: int
    strip: int
    strips: int
    direct: bool
    pitch: int
    plane: int


def forward_tables(c: Conv) -> Sliding:
    """The sliding product of the forward pass."""
    rows, columns = (forward_phases(*axis) for axis in zip((c.out_height, c.out_width), c.kernel, c.stride, c.dilation))
    source, target = (c.height, c.width, c.channels), (c.out_height, c.out_width, c.filters)
    return _laid_out(_Pass(c, source, target, rows, columns, (1, c.stride[0]), (-c.top, -c.left), c.extent))


def input_gradient_tables(c: Conv) -> Sliding:
    """The sliding product over the output's gradient that gives the input's gradient."""
    rows, row_start = gradient_phases(c.height, c.kernel[0], c.stride[0], c.dilation[0], c.top)
    columns, column_start = gradient_phases(c.width, c.kernel[1], c.stride[1], c.dilation[1], c.left)
    source, target = (c.out_height, c.out_width, c.filters), (c.height, c.width, c.channels)
    span = (_reach(rows), _reach(columns))
    return _laid_out(_Pass(c, source, target, rows, columns, (c.stride[0], 1), (row_start, column_start), span))


def forward_phases(size: int, kernel: int, stride: int, dilation: int) -> list[Axis]:
    """The one Axis of the forward pass."""
    return [Axis(0, 1, size, stride, tuple(tap * dilation for tap in range(kernel)), tuple(range(kernel)))]


def gradient_phases(size: int, kernel: int, stride: int, dilation: int, before: int) -> tuple[list[Axis], int]:
    """One Axis for each residue of the position modulo the stride, and the first source position any window reaches."""
    start = (before - (kernel - 1) * dilation) // stride
    phases = []
    for first in range(min(stride, size)):
        taps = tuple(tap for tap in reversed(range(kernel)) if (first + before - tap * dilation) % stride == 0)
        shifts = tuple((first + before - tap * dilation) // stride - start for tap in taps)
        phases.append(Axis(first, stride, -(-(size - first) // stride), 1, shifts, taps))
    return phases, start


def _reach(phases: list[Axis]) -> int:
    return max((max(phase.shifts) for phase in phases if phase.shifts), default=0) + 1


def _laid_out(p: _Pass) -> Sliding:
    layout = _layout(p)
    group_out = p.target[2] // p.case.groups
    phases: list[tuple[int, ...]] = []
    rows: list[int] = []
    outs: list[int] = []
    taps: list[int] = []
    order: list[int] = []
    packed = 0
    for vertical in p.rows:
        for horizontal in p.columns:
            window, inner, positions = _window(vertical, horizontal, layout.pitch, p.channels, p.case.kernel[1])
            reduction = len(positions) * p.channels
            place = (len(rows), len(taps), len(window), inner, packed, reduction)
            phases.append((vertical.first, vertical.step, horizontal.count, *place))
            sources, targets = _pixels(p, layout, vertical, horizontal)
            rows += sources
            outs += targets
            taps += window
            order += positions
            packed += reduction * padded(group_out)
    scratch = (0 if layout.direct else layout.images * layout.plane) + ROWS * WIDTH + LANES
    geometry, phase_table = ints(_geometry(p, layout, scratch)), ints(phases).reshape(-1, len(PHASE))
    return Sliding(geometry, phase_table, ints(rows), ints(outs), ints(taps), ints(order), scratch, packed)


def _layout(p: _Pass) -> _Layout:
    columns = p.copy_columns
    images, strip = _unit(p.case.batch, p.target[0], p.rhythm, p.span[0], columns * p.channels)
    strips = -(-p.target[0] // strip)
    last_strip = (strips - 1) * strip
    last_row = last_strip // p.rhythm[0] * p.rhythm[1] + p.start[0] + p.copy_rows(p.target[0] - last_strip)
    inside = p.start == (0, 0) and last_row <= p.source[0] and columns <= p.source[1]
    direct = p.case.groups == 1 and inside
    pitch = (p.source[1] if direct else columns) * p.channels
    return _Layout(images, strip, strips, direct, pitch, (p.source[0] if direct else p.copy_rows(strip)) * pitch)


def _geometry(p: _Pass, layout: _Layout, scratch: int) -> tuple[int, ...]:
    """In the order of GEOMETRY."""
    groups, strips, strip = p.case.groups, layout.strips, layout.strip
    units = (p.case.batch, layout.images, -(-p.case.batch // layout.images) * strips, strip, strips)
    channels = (groups, p.channels, p.target[2] // groups)
    rows = (p.copy_rows(strip), p.copy_columns, p.start[0], p.rhythm[1] * strip // p.rhythm[0])
    return (*units, *p.source, *p.target, *channels, *rows, p.start[1], int(layout.direct), scratch)


def _unit(batch: int, height: int, rhythm: tuple[int, int], span: int, line: int) -> tuple[int, int]:
    """Images and destination rows of one unit: several whole images if they are small, else a strip of one."""
    whole = ((-(-height // rhythm[0]) - 1) * rhythm[1] + span) * line
    all_steps = -(-height // rhythm[0])
    fitting = max((_STRIP_FLOATS // line - span) // rhythm[1] + 1, 1)
    if batch < _TASKS:  # too few images to share out: share rows
        return 1, min(-(-all_steps // _TASKS), fitting) * rhythm[0]
    if whole <= _STRIP_FLOATS:
        return max(min(_STRIP_FLOATS // whole, batch // 8), 1), all_steps * rhythm[0]
    return 1, fitting * rhythm[0]


def _window(
    vertical: Axis, horizontal: Axis, pitch: int, channels: int, kernel_columns: int
) -> tuple[list[int], int, list[int]]:
    """(tap offsets, inner run, kernel positions in the order of the reduction)."""
    shifts = horizontal.shifts
    joined = len(shifts) > 0 and all(b - a == 1 for a, b in pairwise(shifts))
    positions = [r * kernel_columns + s for r in vertical.taps for s in horizontal.taps]
    if joined:
        return [r * pitch + shifts[0] * channels for r in vertical.shifts], len(shifts) * channels, positions
    return [r * pitch + s * channels for r in vertical.shifts for s in shifts], channels, positions


def _pixels(p: _Pass, layout: _Layout, vertical: Axis, horizontal: Axis) -> tuple[list[int], list[int]]:
    """Source and destination offsets of a unit's pixels of one phase: image by image, row by row."""
    height, width, out_channels = p.target
    n_rows = max(-(-(min(layout.strip, height) - vertical.first) // vertical.step), 0)
    grid = (np.arange(layout.images), np.arange(n_rows), np.arange(horizontal.count))
    image, row, column = np.meshgrid(*grid, indexing="ij")
    sources = image * layout.plane + row * vertical.advance * layout.pitch + column * horizontal.advance * p.channels
    lines = image * height + vertical.first + row * vertical.step
    targets = (lines * width + horizontal.first + column * horizontal.step) * out_channels
    return sources.ravel().tolist(), targets.ravel().tolist()


def ints(values: object) -> Ints:
    """An int64 array."""
    return np.array(values, dtype=np.int64)
