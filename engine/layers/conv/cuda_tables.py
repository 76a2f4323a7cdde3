"""Tables that turn the passes of a convolution into sliding products on the GPU: see kernels/cuda_slide.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .tables import Conv


class Slide(NamedTuple):
    """A sliding product's taps and phases, flat int32, and its sizes."""

    taps: NDArray[np.int32]
    phases: NDArray[np.int32]
    sizes: tuple[int, ...]


def forward(case: Conv) -> Slide:
    """One phase with all taps; the window moves by the stride."""
    phases = np.array([0, case.kernel[0] * case.kernel[1], case.out_height, case.out_width, 0, 0], np.int32)
    source = (case.batch, case.height, case.width, case.channels)
    target = (case.out_height, case.out_width, case.filters, case.groups)
    return Slide(taps(case), phases, (*source, *target, *case.stride, 1, 1))


def taps(case: Conv) -> NDArray[np.int32]:
    """Every tap's rows and columns from the window's corner, and its place in the weights."""
    rows, columns = case.kernel
    table = [
        (r * case.dilation[0] - case.top, s * case.dilation[1] - case.left, r * columns + s)
        for r in range(rows)
        for s in range(columns)
    ]
    return np.array(table, np.int32).reshape(-1)


def input_gradient(case: Conv) -> Slide:
    """A phase for each place of a pixel between two windows: there, each tap either always meets an output or never."""
    table: list[tuple[int, int, int]] = []
    phases = []
    for first_row in range(case.stride[0]):
        for first_column in range(case.stride[1]):
            begin = len(table)
            table += [
                (row, column, r * case.kernel[1] + s)
                for r, row in _meeting(first_row + case.top, case.kernel[0], case.dilation[0], case.stride[0])
                for s, column in _meeting(first_column + case.left, case.kernel[1], case.dilation[1], case.stride[1])
            ]
            rows = max(-(-(case.height - first_row) // case.stride[0]), 0)
            columns = max(-(-(case.width - first_column) // case.stride[1]), 0)
            phases.append((begin, len(table) - begin, rows, columns, first_row, first_column))
    source = (case.batch, case.out_height, case.out_width, case.filters)
    target = (case.height, case.width, case.channels, case.groups)
    flat = np.array(table or [(0, 0, 0)], np.int32).reshape(-1)
    return Slide(flat, np.array(phases, np.int32).reshape(-1), (*source, *target, 1, 1, *case.stride))


def _meeting(place: int, kernel: int, dilation: int, stride: int) -> list[tuple[int, int]]:
    """Taps along one axis that meet an output, and that output's distance from the phase's count."""
    return [(r, (place - r * dilation) // stride) for r in range(kernel) if (place - r * dilation) % stride == 0]


def correlation(case: Conv) -> tuple[int, ...]:
    """Sizes of the weights' gradient: see kernels/cuda_correlate.py."""
    return (
        *(case.batch, case.height, case.width, case.channels),
        *(case.out_height, case.out_width, case.filters, case.groups),
        *case.stride,
    )
