"""One register tile for every dense inner product on the CPU.

    acc[i, j] = start + Σ_o Σ_k  A[a0 + rows[r0 + i] + taps[t0 + o] + k·a_step] · B[b0 + o·b_tap + k·b_step + j]
    C[c0 + outs[u0 + i] + j] = acc[i, j]

`i` runs over the tile's rows (scalars of A, broadcast), `j` over its columns (vectors of B). Rows, taps and outputs are
found through tables of offsets, so one piece of generated code serves convolution forward, both of its gradients (any
stride, dilation and group), and the dense layer: only the tables differ. With activations in NHWC order the values
under one row of a window are contiguous, so no im2col copy is needed.

The accumulators live in registers for the whole reduction. `tile_set` starts from a row of biases and writes the
result, clipped from below by `floor` (0 is a fused ReLU, −inf is none); `tile_add` adds to what C holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .vector import LANES, ROWS, VECTORS

F32, I32, I64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VEC = ir.VectorType(F32, LANES)
Cell = tuple[int, int]


def _constant(value: int) -> ir.Constant:
    return ir.Constant(I64, value)


class _Emitter:
    """Writes the tile's instructions with an llvmlite builder. `args` are the intrinsic's arguments by name."""

    def __init__(
        self, context: Any, builder: Any, rows: int, vectors: int, values: dict[str, Any], kinds: dict[str, Any]
    ) -> None:
        self.builder, self.rows, self.vectors, self.values = builder, rows, vectors, values
        self.data = {
            name: context.make_array(kind)(context, builder, values[name]).data
            for name, kind in kinds.items()
            if isinstance(kind, types.Array)
        }
        self.fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(VEC, [VEC] * 3), f"llvm.fma.v{LANES}f32"
        )
        self.cells: list[Cell] = [(i, v) for i in range(rows) for v in range(vectors)]

    def pointer(self, array: str, *terms: Any) -> Any:
        index = terms[0]
        for term in terms[1:]:
            index = self.builder.add(index, term)
        return self.builder.gep(self.data[array], [index])

    def load_vector(self, pointer: Any) -> Any:
        vector = self.builder.load(self.builder.bitcast(pointer, VEC.as_pointer()))
        vector.align = 4
        return vector

    def store_vector(self, vector: Any, pointer: Any) -> None:
        self.builder.store(vector, self.builder.bitcast(pointer, VEC.as_pointer())).align = 4

    def splat(self, scalar: Any) -> Any:
        undefined = ir.Constant(VEC, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, LANES), [0] * LANES))

    def column(self, pointer_terms: tuple[Any, ...], array: str, vector: int) -> Any:
        return self.load_vector(self.pointer(array, *pointer_terms, _constant(vector * LANES)))

    def table(self, array: str, start: str, row: int) -> Any:
        return self.builder.load(self.pointer(array, self.values[start], _constant(row)))

    def reduce(self, starts: dict[Cell, Any]) -> dict[Cell, Any]:
        """The two nested loops over taps and inner positions; the accumulators after them."""
        b, v = self.builder, self.values
        entry, function = b.basic_block, b.function
        outer, inner, after, done = (function.append_basic_block(n) for n in ("taps", "inner", "next_tap", "done"))
        row_offset = [b.add(v["a0"], self.table("rows", "r0", i)) for i in range(self.rows)]
        some = b.and_(b.icmp_signed(">", v["n_taps"], _constant(0)), b.icmp_signed(">", v["n_inner"], _constant(0)))
        b.cbranch(some, outer, done)

        b.position_at_end(outer)
        tap = b.phi(I64)
        tap.add_incoming(_constant(0), entry)
        outer_acc = self._phis(starts, entry)
        shift = b.load(self.pointer("taps", v["t0"], tap))
        bases = [self.pointer("a", offset, shift) for offset in row_offset]
        b_base = self.pointer("b", v["b0"], b.mul(tap, v["b_tap"]))
        b.branch(inner)

        b.position_at_end(inner)
        k, a_at, b_at = (b.phi(I64) for _ in range(3))
        for phi in (k, a_at, b_at):
            phi.add_incoming(_constant(0), outer)
        acc = self._phis(outer_acc, outer)
        columns = [self.load_vector(b.gep(b_base, [b.add(b_at, _constant(j * LANES))])) for j in range(self.vectors)]
        new: dict[Cell, Any] = {}
        for i in range(self.rows):
            scalar = self.splat(b.load(b.gep(bases[i], [a_at])))
            for j in range(self.vectors):
                new[i, j] = b.call(self.fma, [scalar, columns[j], acc[i, j]])
        k_next = b.add(k, _constant(1))
        for phi, value in ((k, k_next), (a_at, b.add(a_at, v["a_step"])), (b_at, b.add(b_at, v["b_step"]))):
            phi.add_incoming(value, inner)
        for cell in self.cells:
            acc[cell].add_incoming(new[cell], inner)
        b.cbranch(b.icmp_signed("<", k_next, v["n_inner"]), inner, after)

        b.position_at_end(after)
        tap_next = b.add(tap, _constant(1))
        tap.add_incoming(tap_next, after)
        for cell in self.cells:
            outer_acc[cell].add_incoming(new[cell], after)
        b.cbranch(b.icmp_signed("<", tap_next, v["n_taps"]), outer, done)

        b.position_at_end(done)
        result = self._phis(starts, entry)
        for cell in self.cells:
            result[cell].add_incoming(new[cell], after)
        return result

    def _phis(self, incoming: dict[Cell, Any], block: Any) -> dict[Cell, Any]:
        phis = {cell: self.builder.phi(VEC) for cell in self.cells}
        for cell in self.cells:
            phis[cell].add_incoming(incoming[cell], block)
        return phis

    def outputs(self) -> dict[Cell, Any]:
        """Pointers into C of every vector of the tile."""
        pointers = {}
        for i in range(self.rows):
            base = self.builder.add(self.values["c0"], self.table("outs", "u0", i))
            for j in range(self.vectors):
                pointers[i, j] = self.pointer("c", base, _constant(j * LANES))
        return pointers


_COMMON = (
    "a",
    "a0",
    "rows",
    "r0",
    "taps",
    "t0",
    "n_taps",
    "n_inner",
    "a_step",
    "b",
    "b0",
    "b_tap",
    "b_step",
    "c",
    "c0",
    "outs",
    "u0",
)


def make_tile_set(rows: int, vectors: int) -> Callable[..., None]:
    """The tile that starts from `bias[z0 …]` and writes max(result, floor)."""

    @intrinsic
    def tile(
        ctx, a, a0, rows_, r0, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, b_step, c, c0, outs, u0, bias, z0, floor
    ):
        names = (*_COMMON, "bias", "z0", "floor")
        n = types.intp
        kinds = (a, n, rows_, n, taps, n, n, n, n, b, n, n, n, c, n, outs, n, bias, n, types.float32)

        def codegen(context, builder, signature, args):
            emit = _Emitter(context, builder, rows, vectors, dict(zip(names, args)), dict(zip(names, signature.args)))
            first = [emit.column((emit.values["z0"],), "bias", j) for j in range(vectors)]
            result = emit.reduce({(i, j): first[j] for i, j in emit.cells})
            low = emit.splat(emit.values["floor"])
            for cell, pointer in emit.outputs().items():
                below = builder.fcmp_ordered("<", result[cell], low)  # false for NaN, which therefore stays
                emit.store_vector(builder.select(below, low, result[cell]), pointer)
            return context.get_dummy_value()

        return types.void(*kinds), codegen

    return tile


def make_tile_add(rows: int, vectors: int) -> Callable[..., None]:
    """The tile that adds its result to C."""

    @intrinsic
    def tile(ctx, a, a0, rows_, r0, taps, t0, n_taps, n_inner, a_step, b, b0, b_tap, b_step, c, c0, outs, u0):
        n = types.intp
        kinds = (a, n, rows_, n, taps, n, n, n, n, b, n, n, n, c, n, outs, n)

        def codegen(context, builder, signature, args):
            emit = _Emitter(
                context, builder, rows, vectors, dict(zip(_COMMON, args)), dict(zip(_COMMON, signature.args))
            )
            pointers = emit.outputs()
            result = emit.reduce({cell: emit.load_vector(pointer) for cell, pointer in pointers.items()})
            for cell, pointer in pointers.items():
                emit.store_vector(result[cell], pointer)
            return context.get_dummy_value()

        return types.void(*kinds), codegen

    return tile


tile_set_wide = make_tile_set(ROWS, VECTORS)
tile_set_narrow = make_tile_set(ROWS, 1)
tile_set_row_wide = make_tile_set(1, VECTORS)
tile_set_row_narrow = make_tile_set(1, 1)
tile_add_wide = make_tile_add(ROWS, VECTORS)
tile_add_narrow = make_tile_add(ROWS, 1)
