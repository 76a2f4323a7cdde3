"""The product of two tiles in shared memory: what the inner loops of all products on the GPU are.

Each thread of a block has 8 × 8 outputs, in two runs of four along both sides, so that what it reads from shared memory
are runs of four. Shared memory holds `depth` rows of both tiles, twice: while one half is multiplied the other is
filled. Arrays there are multiples of 16 bytes long, so that each begins where loads of 16 bytes may.

Indices are unsigned and 32 bits wide, which takes neither tests for negative ones nor pairs of registers (cuda.grid and
Python's numbers would make them 64 bits wide).
"""

from functools import cache
from typing import Any, NamedTuple

from numba import float32, int32, uint32

from .cuda_jit import WARP, device
from .cuda_mma import mma, rounded
from .cuda_vector import load4
from .modes import FLOAT32, TF32_THRICE

U, I = uint32, int32  # noqa: E741  this side of the house counts in them

_WARP_ROWS, _WARP_COLUMNS = 64, 32
"""Outputs of a warp that multiplies by tensor cores: with 8 × 8 a thread."""
_APART = 8
"""Numbers between a tile's rows there, so that the lanes of a warp read from all banks of the shared memory."""


class Tile(NamedTuple):
    """A block's rows and columns of outputs, the terms of the sum that it holds at a time, and how it multiplies."""

    rows: int
    columns: int
    depth: int
    mode: str

    @property
    def threads(self) -> int:
        return self.rows * self.columns // 64

    @property
    def held(self) -> bool:
        """Whether compilers are held to its registers, since one more would leave a processor half of its threads."""
        return self.mode == FLOAT32 and self.threads == 256

    @property
    def registers(self) -> int:
        """The most a thread may use: so that a processor holds 512 threads of the largest tile, or 320 of others."""
        return 128 if self.held else 200


class Multiplier(NamedTuple):
    """How the threads of a block multiply two tiles.

    `multiply(a_tile, b_tile, at_a, at_b, acc, a, b)` adds Aᵀ·B over the rows of a half to the sums acc (8, 8); `a` and
    `b` are `room` numbers each for its own use. `reads(t)` is where thread t's numbers lie from the begin of a half of
    both, `place(t)` its first output's row and column, from which its second run of four is the `gap` of rows and of
    columns away. Rows of the tiles are `pitch` numbers apart.
    """

    multiply: Any
    reads: Any
    place: Any
    room: int
    gap: tuple[int, int]
    pitch: tuple[int, int]


def multiplier(tile: Tile) -> Multiplier:
    """By the means of the tile's mode."""
    return by_cores(tile) if tile.mode == FLOAT32 else by_tensor_cores(tile)


@cache
def by_cores(tile: Tile) -> Multiplier:
    """Multiply-adds of float32."""
    rows, columns = U(tile.rows), U(tile.columns)
    half_rows, half_columns, across = U(tile.rows // 2), U(tile.columns // 2), U(tile.columns // 8)

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
        step(a_tile, b_tile, U(at_a + rows), U(at_b + columns), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(2) * rows), U(at_b + U(2) * columns), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(3) * rows), U(at_b + U(3) * columns), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(4) * rows), U(at_b + U(4) * columns), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(5) * rows), U(at_b + U(5) * columns), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(6) * rows), U(at_b + U(6) * columns), acc, a, b)
        step(a_tile, b_tile, U(at_a + U(7) * rows), U(at_b + U(7) * columns), acc, a, b)

    @device
    def place(t):
        return U(U(t // across) << U(2)), U(U(t % across) << U(2))

    gap, pitch = (tile.rows // 2, tile.columns // 2), (tile.rows, tile.columns)
    return Multiplier(multiply, place, place, 8, gap, pitch)


@cache
def by_tensor_cores(tile: Tile) -> Multiplier:
    """Products of TF32; see cuda_mma.py.

    A warp has 64 × 32 outputs, which are 4 × 4 products of 16 × 8. Which outputs make up one is arranged so that a
    lane's are 8 × 8 that lie together: it has the rows 4g … 4g + 3 and 32 further on, and the columns 8j … 8j + 7.
    """
    thrice = tile.mode == TF32_THRICE
    a_pitch, b_pitch = tile.rows + _APART, tile.columns + _APART
    a_four, b_four, second = U(4 * a_pitch), U(4 * b_pitch), U(_WARP_ROWS // 2)
    a_eight, b_eight, twice = U(8 * a_pitch), U(8 * b_pitch), tile.depth == 16
    a_pitch_u, b_pitch_u, across = U(a_pitch), U(b_pitch), U(tile.columns // _WARP_COLUMNS)
    product = _three_products if thrice else _one_product

    @device
    def half_step(a_tile, at_a, acc, a, b, first):
        a[0], a[1], a[2], a[3] = load4(a_tile, at_a)
        a[4], a[5], a[6], a[7] = load4(a_tile, U(at_a + a_four))
        for m in range(2):
            for n in range(4):
                product(acc, first + 2 * m, n, a[2 * m], a[2 * m + 1], a[4 + 2 * m], a[5 + 2 * m], b[n], b[4 + n])

    @device
    def step(a_tile, b_tile, at_a, at_b, acc, a, b):
        b[0], b[1], b[2], b[3] = load4(b_tile, at_b)
        b[4], b[5], b[6], b[7] = load4(b_tile, U(at_b + b_four))
        half_step(a_tile, at_a, acc, a, b, 0)
        half_step(a_tile, U(at_a + second), acc, a, b, 4)

    @device
    def multiply(a_tile, b_tile, at_a, at_b, acc, a, b):
        step(a_tile, b_tile, at_a, at_b, acc, a, b)
        if twice:
            step(a_tile, b_tile, U(at_a + a_eight), U(at_b + b_eight), acc, a, b)

    @device
    def corner(t):
        warp = U(t // U(WARP))
        return U(U(warp // across) * U(_WARP_ROWS)), U(U(warp % across) * U(_WARP_COLUMNS))

    @device
    def reads(t):
        row, column = corner(t)
        g, j = U(U(t % U(WARP)) >> U(2)), U(t & U(3))
        return U(U(j * a_pitch_u) + U(row + U(g << U(2)))), U(U(j * b_pitch_u) + U(column + U(g << U(2))))

    @device
    def place(t):
        row, column = corner(t)
        return U(row + U(U(U(t % U(WARP)) >> U(2)) << U(2))), U(column + U(U(t & U(3)) << U(3)))

    return Multiplier(multiply, reads, place, 8, (_WARP_ROWS // 2, 4), (a_pitch, b_pitch))


@device
def _one_product(acc, row, n, a0, a1, a2, a3, b0, b1):
    """Sums of the rows `row` and `row` + 1 and of the columns n and n + 4, plus a product of numbers cut to TF32."""
    a0, a1, a2, a3, b0, b1 = rounded(a0), rounded(a1), rounded(a2), rounded(a3), rounded(b0), rounded(b1)
    c = mma(acc[row, n], acc[row, 4 + n], acc[row + 1, n], acc[row + 1, 4 + n], a0, a1, a2, a3, b0, b1)
    acc[row, n], acc[row, 4 + n], acc[row + 1, n], acc[row + 1, 4 + n] = c


@device
def _three_products(acc, row, n, a0, a1, a2, a3, b0, b1):
    """The same with numbers as sums of two of TF32, less the product of both small parts.

    Tensor cores cut their sums, so long ones are made outside (Ootomo & Yokota 2022, §3).
    """
    h0, h1, h2, h3, g0, g1 = rounded(a0), rounded(a1), rounded(a2), rounded(a3), rounded(b0), rounded(b1)
    l0, l1, l2, l3 = rounded(a0 - h0), rounded(a1 - h1), rounded(a2 - h2), rounded(a3 - h3)
    k0, k1, zero = rounded(b0 - g0), rounded(b1 - g1), float32(0)
    c0, c1, c2, c3 = mma(zero, zero, zero, zero, l0, l1, l2, l3, g0, g1)
    c0, c1, c2, c3 = mma(c0, c1, c2, c3, h0, h1, h2, h3, k0, k1)
    c0, c1, c2, c3 = mma(c0, c1, c2, c3, h0, h1, h2, h3, g0, g1)
    acc[row, n] += c0
    acc[row, 4 + n] += c1
    acc[row + 1, n] += c2
    acc[row + 1, 4 + n] += c3
