"""The product of two tiles in shared memory: what the inner loops of all products on the GPU are.

A block's threads stand in a grid of 8 × 8 outputs each, in two runs of four along both sides, so that what a thread
reads from shared memory are runs of four. Shared memory holds DEPTH rows of both tiles, twice: while one half is
multiplied the other is filled. Indices are unsigned and 32 bits wide, which takes neither tests for negative ones nor
pairs of registers (cuda.grid and Python's numbers would make them 64 bits wide).
"""

from functools import cache

from numba import float32, int32, uint32

from .cuda_jit import device
from .words import MASK, SUM

U, I = uint32, int32  # noqa: E741  this side of the house counts in them
DEPTH = 8


@cache
def multiplier(rows, columns):
    """Device function: acc += Aᵀ·B over the DEPTH rows of a half, for a block's tile of rows × columns."""
    half_rows, half_columns, rows_u, columns_u = U(rows // 2), U(columns // 2), U(rows), U(columns)

    @device
    def step(a_tile, b_tile, at_a, at_b, acc, a, b):
        for i in range(4):
            a[i] = a_tile[U(at_a + U(i))]
            a[4 + i] = a_tile[U(at_a + half_rows + U(i))]
        for j in range(4):
            b[j] = b_tile[U(at_b + U(j))]
            b[4 + j] = b_tile[U(at_b + half_columns + U(j))]
        for i in range(8):
            for j in range(8):
                acc[i, j] += a[i] * b[j]

    @device
    def multiply(a_tile, b_tile, at_a, at_b, acc, a, b):
        # written out: the compiler unrolls a step, not a loop of steps
        step(a_tile, b_tile, at_a, at_b, acc, a, b)
        step(a_tile, b_tile, U(at_a + rows_u), U(at_b + columns_u), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(2) * rows_u), U(at_b + U(2) * columns_u), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(3) * rows_u), U(at_b + U(3) * columns_u), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(4) * rows_u), U(at_b + U(4) * columns_u), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(5) * rows_u), U(at_b + U(5) * columns_u), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(6) * rows_u), U(at_b + U(6) * columns_u), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(7) * rows_u), U(at_b + U(7) * columns_u), acc, a, b)

    return multiply


def threads_of(rows, columns):
    """Threads of a block with a tile of rows × columns."""
    return rows * columns // 64


@device
def finished(value, what, other, floor):
    """A result with what is done to it before it is stored: see words.py."""
    if what == SUM:
        value += other
    value = floor if value < floor else value
    if what == MASK:
        value = value if other > 0 else float32(0)
    return value
