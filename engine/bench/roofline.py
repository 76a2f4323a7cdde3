"""The most this machine can do with the register tile: products whose operands never leave a core's L1.

A roofline (Williams, Waterman & Patterson 2009) has two roofs; convolutions of 16 channels and more stand under the
flat one, the arithmetic of all cores. It is measured with the very tile that the kernels use, so a kernel's share of it
says what the kernel's own memory traffic and bookkeeping cost.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from ..kernels.jit import kernel
from ..kernels.panel import SPARE_OUTS, panel_set
from ..kernels.vector import ROWS, WIDTH
from ..kernels.words import NO_FLOOR

_INNER = 160  # a reduction so long that beginning and storing a tile costs little; A and B fill 25 of 32 KiB
_REPEATS = 400
_CACHE_LINE = 16  # floats


def tile_flops(threads: int) -> int:
    """Floating-point operations of one call of `tile_step`."""
    return 2 * ROWS * WIDTH * _INNER * _REPEATS * threads


def tile_step(threads: int) -> Callable[[], None]:
    """A call that runs the register tile on every thread, each on operands of its own that stay in L1."""
    a_size, b_size, c_size = ROWS * _INNER, _INNER * WIDTH, ROWS * WIDTH
    scratch = np.ones(threads * (a_size + b_size + c_size + _CACHE_LINE), np.float32)
    rows, bias = np.arange(ROWS, dtype=np.int64) * _INNER, np.zeros(WIDTH, np.float32)
    taps = np.zeros(1, np.int64)
    run = _tiles.for_threads(threads)
    return lambda: run(scratch, rows, taps, SPARE_OUTS, bias, NO_FLOOR, _INNER, _REPEATS, threads)


@kernel
def _tiles(scratch, rows, taps, outs, bias, floor, n_inner, repeats, threads):
    size = len(scratch) // threads
    for thread in numba.prange(threads):
        a0 = thread * size
        b0 = a0 + ROWS * n_inner
        c0 = b0 + n_inner * WIDTH
        for _ in range(repeats):
            panel_set(scratch, a0, rows, 0, taps, 0, 1, n_inner, 1, scratch, b0, scratch, c0, outs, 0, ROWS, WIDTH,
                      bias, 0, floor, scratch, c0, outs)  # fmt: skip
