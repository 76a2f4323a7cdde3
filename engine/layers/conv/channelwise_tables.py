"""The numbers of convolution on vectors of channels: where each row of results starts to read. See channelwise.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ...kernels.columns import Form, form
from ...kernels.vector import LANES
from .tables import Axis, Conv, Ints, forward_phases, gradient_phases, ints


@dataclass(frozen=True)
class Rows:
    """Arrays for the kernels of channelwise.py.

    geometry: see GEOMETRY; rows: for each row of the target, see ROW; phases: for each phase of its columns, see
    PHASE. A tap is the number r·S + s of a position in the filter; steps between rows are in floats.
    """

    geometry: Ints
    rows: Ints
    phases: Ints
    form: Form

    @property
    def partial(self) -> int:
        """Floats of one thread's sums for the weight gradient: filters, and biases behind them."""
        padded, sums = self.geometry[8:10]
        return int((sums + 1) * padded)


GEOMETRY = (
    "batch",
    "source_height",
    "source_width",
    "height",
    "width",
    "channels",
    "row_step",
    "tap_step",
    "padded",
    "sums",
)
ROW = ("source_row", "tap", "n_rows", "fresh_row", "n_fresh")
PHASE = ("first", "step", "count", "source_column", "advance", "spacing", "n_taps", "tap", "tap_step")


def forward_rows(c: Conv) -> Rows:
    """The forward pass, and by the same numbers the gradient of the weights."""
    rows, columns = (forward_phases(*axis) for axis in zip((c.out_height, c.out_width), c.kernel, c.stride, c.dilation))
    spread = c.group_filters // c.group_channels
    kind = form(_shared(columns), c.group_channels, spread)
    return _laid_out(c, (c.height, c.width), (c.out_height, c.out_width), rows, columns, (-c.top, -c.left), kind)


def input_gradient_rows(c: Conv) -> Rows:
    """The product over the output's gradient that gives the input's gradient, filters turned by half a turn."""
    rows, row_start = gradient_phases(c.height, c.kernel[0], c.stride[0], c.dilation[0], c.top)
    columns, column_start = gradient_phases(c.width, c.kernel[1], c.stride[1], c.dilation[1], c.left)
    fold = c.group_filters // c.group_channels
    kind = form(_shared(columns), c.group_channels, fold=fold)
    start = (row_start, column_start)
    return _laid_out(c, (c.out_height, c.out_width), (c.height, c.width), rows, columns, start, kind)


def _shared(columns: list[Axis]) -> int:
    """Spacings of taps between the windows of neighbouring columns, if their taps share what they read."""
    ratio, rest = divmod(columns[0].advance, _step(axis.shifts for axis in columns))
    return ratio if rest == 0 and ratio <= 2 and max(len(axis.taps) for axis in columns) >= 2 else 0


def _step(runs: Iterable[tuple[int, ...]]) -> int:
    """The step of runs that all have the same one; 1 where no run has two members."""
    return next((b - a for run in runs for a, b in pairwise(run)), 1)


def _laid_out(
    c: Conv,
    source: tuple[int, int],
    target: tuple[int, int],
    rows: list[Axis],
    columns: list[Axis],
    start: tuple[int, int],
    kind: Form,
) -> Rows:
    line = source[1] * c.filters // len(kind.spread)
    row_step, spacing = (_step(axis.shifts for axis in axes) for axes in (rows, columns))
    tap_row, tap_column = (_step(axis.taps for axis in axes) for axes in (rows, columns))
    padded = -(-c.filters // LANES) * LANES
    sums = c.kernel[0] * c.kernel[1] * c.group_channels
    geometry = (c.batch, *source, *target, c.filters, row_step * line, tap_row * c.kernel[1], padded, sums)
    found = [_row(rows[i % rows[0].step], i, start[0], source[0], c.kernel[1]) for i in range(target[0])]
    ends = [first + (count - 1) * row_step + 1 if count else 0 for first, _, count in found]
    read = [0, *accumulate(ends, max)]  # source rows that were read for the rows before
    fresh = [(*row, before, after - before) for row, (before, after) in zip(found, pairwise(read))]
    phases = [
        (
            axis.first,
            axis.step,
            axis.count,
            start[1] + axis.shifts[0] if axis.shifts else 0,
            axis.advance,
            spacing,
            len(axis.taps),
            axis.taps[0] if axis.taps else 0,
            tap_column,
        )
        for axis in columns
    ]
    return Rows(ints(geometry), ints(fresh), ints(phases), kind)


def _row(axis: Axis, i: int, start: int, height: int, kernel_columns: int) -> tuple[int, int, int]:
    """The first source row inside the image that target row i reads, its tap, and how many there are."""
    first = start + (i - axis.first) // axis.step * axis.advance
    inside = [(first + shift, tap) for shift, tap in zip(axis.shifts, axis.taps) if 0 <= first + shift < height]
    return (inside[0][0], inside[0][1] * kernel_columns, len(inside)) if inside else (0, 0, 0)
