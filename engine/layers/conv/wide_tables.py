"""Convolutions with few filters, seen as ones with more: a run of neighbouring outputs as one wide output.

The outputs of q neighbouring pixels lie side by side in memory, as q·K filters of one pixel would. So a convolution of
K filters is also one of q·K filters whose kernel is wider by (q−1)·stride columns and that moves q pixels at a time:
the same numbers in the same places, but the register tile's vectors are full. Zeros fill the taps a pixel lacks.
"""

from __future__ import annotations

from dataclasses import replace

from ...kernels.vector import LANES, WIDTH
from .tables import Conv


def pixels_at_once(case: Conv) -> int:
    """How many neighbouring outputs to join; 1 where it does not pay."""
    if case.groups > 1 or case.dilation[1] > 1 or 2 * case.filters > LANES:
        return 1
    choices = [q for q in range(1, WIDTH // case.filters + 1) if case.out_width % q == 0]
    return min(choices, key=lambda q: _work(case, q))


def _work(case: Conv, q: int) -> float:
    """Vector operations an output pixel."""
    return _kernel_columns(case, q) * (1 if q * case.filters <= LANES else 2) / q


def _kernel_columns(case: Conv, q: int) -> int:
    return case.kernel[1] + (q - 1) * case.stride[1]


def work(case: Conv) -> float:
    """Vector operations of one image, joined as it pays."""
    q = pixels_at_once(case)
    joined = -(-case.filters // LANES) * case.kernel[1] if q == 1 else _work(case, q)
    return case.out_height * case.out_width * case.kernel[0] * case.channels * joined


def widened(case: Conv, q: int) -> Conv:
    """The convolution that computes q neighbouring outputs as one."""
    return replace(
        case,
        out_width=case.out_width // q,
        filters=case.filters * q,
        kernel=(case.kernel[0], _kernel_columns(case, q)),
        stride=(case.stride[0], case.stride[1] * q),
    )


def turned(case: Conv) -> Conv:
    """The convolution of the output's gradient that gives the input's gradient, for stride 1 and one group."""
    (rows, columns), (down, across) = case.kernel, case.dilation
    return replace(
        case,
        height=case.out_height,
        width=case.out_width,
        channels=case.filters,
        out_height=case.height,
        out_width=case.width,
        filters=case.channels,
        top=(rows - 1) * down - case.top,
        left=(columns - 1) * across - case.left,
    )
