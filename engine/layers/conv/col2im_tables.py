"""Offsets of the input gradient by products first, sums afterwards, and when that pays. See col2im.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...kernels.vector import LANES, ROWS, WIDTH
from . import wide_tables
from .tables import Conv, Ints, ints, padded

_BLOCK_FLOATS = 24 * 1024  # products of a block of rows: they stay in L2, beside what they are made of
_SHARES = 4  # units a call should at least have


@dataclass(frozen=True)
class Col2im:
    """Arrays for the kernel `input_gradient`; geometry in the order the kernel unpacks it.

    rows, outs: where each pixel of a block has its gradients and its products; firsts, lasts: for each vector of a line
    of dx, the pixels of a line of dy that reach it.
    """

    geometry: Ints
    rows: Ints
    outs: Ints
    firsts: Ints
    lasts: Ints
    scratch: int
    packed: int


def pays(c: Conv) -> bool:
    """Whether this takes fewer vector operations than the sliding product; it wants a row's taps side by side."""
    if c.groups > 1 or c.dilation[1] > 1 or 2 * c.channels > LANES:
        return False
    sliding = wide_tables.work(wide_tables.turned(c)) if c.stride == (1, 1) else _in_phases(c)
    return _work(c) < sliding


def _work(c: Conv) -> float:
    """Vector operations for one image: products, their stores, and the sums, read at any place."""
    vectors = -(-c.kernel[1] * c.channels // LANES)
    return c.out_height * c.out_width * c.kernel[0] * (vectors * c.filters + 2 * vectors + 2 * (vectors + 1))


def _in_phases(c: Conv) -> float:
    """The same for the sliding product with a stride."""
    taps = c.kernel[0] * c.kernel[1] / (c.stride[0] * c.stride[1])
    return c.height * c.width * taps * c.filters


def tables(c: Conv) -> Col2im:
    """Units are images, or strips of dx of one image where there are few; each takes dy in blocks of rows."""
    run = c.kernel[1] * c.channels
    pitch = padded(run) + LANES
    per_line = c.out_width * c.kernel[0] * pitch
    block = min(max(_BLOCK_FLOATS // per_line, 1), c.out_height)
    strip = c.height if c.batch >= _SHARES else -(-c.height // _SHARES)
    strips = -(-c.height // strip)
    products = block * per_line + LANES
    scratch = products + ROWS * WIDTH
    sizes = (c.height, c.width, c.channels, c.out_height, c.out_width, c.filters, c.kernel[0], *c.stride)
    layout = (c.dilation[0], c.top, c.left, pitch, block, scratch)
    pixels = np.arange(block * c.out_width, dtype=np.int64)
    firsts, lasts = _reaching(c, run)
    return Col2im(
        ints((c.batch * strips, strip, strips, *sizes, *layout)),
        pixels * c.filters,
        pixels * c.kernel[0] * pitch,
        firsts,
        lasts,
        scratch,
        c.kernel[0] * c.filters * padded(run),
    )


def _reaching(c: Conv, run: int) -> tuple[Ints, Ints]:
    """For each vector of a line of dx: the first pixel of dy whose taps reach it, and the one after the last."""
    step, left = c.stride[1] * c.channels, c.left * c.channels
    starts = np.arange(0, c.width * c.channels, LANES, dtype=np.int64)
    firsts = np.maximum(-((run - 1 - left - starts) // step), 0)  # ends behind the start
    lasts = np.minimum((starts + LANES - 1 + left) // step + 1, c.out_width)
    return firsts, np.maximum(lasts, firsts)
