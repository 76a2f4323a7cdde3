"""Neighbouring output columns of one vector of channels: what convolution does where channels mix little or not at all.

    values[j] += Σ_s Σ_q  A[column + (j·advance + s)·spacing][q] · w[s][q]        forward, and the input's gradient
    sums[s][q] += Σ_j     A[column + (j·advance + s)·spacing][q] · values[j]      the gradient of the weights

COLUMNS vectors stay in registers, and each vector of A is read once for all pairs (j, s) that it meets. Columns outside
the image count as zeros and are never read; a branch skips them, which is foreseen well, as borders are regular.

`lanes` is None for a whole vector of channels, or the number of channels in one that is not full.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import VECTOR, first_lanes, masked_load, masked_store, splat, typed_pointer, vector
from .vector import LANES, ROWS

COLUMNS = ROWS
"""Output columns computed together: as many accumulators as the register tile has rows."""

columns = types.UniTuple(vector, COLUMNS)
_I64 = ir.IntType(64)
_ZEROS = ir.Constant(VECTOR, [0.0] * LANES)

Count = tuple[int, ...]
"""A number that is known to the compiler: its type, a tuple of that length, makes the code."""


class Form(NamedTuple):
    """What kind of convolution code is made for.

    `advance`: spacings of taps between the windows of neighbouring columns, where three taps at once share what they
    read; else 0. `group`: each channel sees so many channels beside each other, itself among them. `spread`: so many
    channels see the same one of A. `fold`: results of so many channels are added.
    """

    advance: Count
    group: Count
    spread: Count
    fold: Count


def form(advance: int = 0, group: int = 1, spread: int = 1, fold: int = 1) -> Form:
    """The form with these counts; `group`, `spread` and `fold` divide LANES, and one of them at most is above 1."""
    return Form(*((0,) * count for count in (advance, group, spread, fold)))


def _counts(kind: Any) -> dict[str, int]:
    return {name: part.count for name, part in zip(kind.fields, kind.types)}


def _whole(value: int) -> ir.Constant:
    return ir.Constant(_I64, value)


def _mask(builder: Any, kind: Any, lanes: Any, shared: int = 1) -> Any:
    """The mask of the lanes that are there, where `shared` lanes stand for one; None for a whole vector."""
    if isinstance(kind, types.NoneType):
        return first_lanes(builder, _whole(LANES // shared)) if shared > 1 else None
    return first_lanes(builder, builder.sdiv(lanes, _whole(shared)))


class _Memory:
    """Reads and writes vectors of an array, or only those lanes of them that `mask` has."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any, mask: Any) -> None:
        self._context, self._builder, self._kind, self._array, self._mask = context, builder, kind, array, mask

    def read(self, index: Any) -> Any:
        pointer, kind, name = self._place(index)
        if self._mask is not None:
            return masked_load(self._builder, pointer, kind, name, self._mask)
        value = self._builder.load(pointer)
        value.align = 4
        return value

    def write(self, index: Any, value: Any) -> None:
        pointer, _, name = self._place(index)
        if self._mask is not None:
            masked_store(self._builder, value, pointer, name, self._mask)
        else:
            self._builder.store(value, pointer).align = 4

    def _place(self, index: Any) -> tuple[Any, Any, str]:
        return typed_pointer(self._context, self._builder, self._kind, self._array, index, ir.FloatType())


def _shuffled(builder: Any, value: Any, lanes: list[int]) -> Any:
    kind = ir.VectorType(ir.IntType(32), LANES)
    return builder.shuffle_vector(value, ir.Constant(VECTOR, ir.Undefined), ir.Constant(kind, lanes))


def _seen(builder: Any, value: Any, counts: dict[str, int]) -> list[Any]:
    """For each q, the q-th channel of A that each channel sees."""
    group, spread = counts["group"], counts["spread"]
    if group == spread == 1:
        return [value]
    places = [[lane // spread // group * group + q for lane in range(LANES)] for q in range(group)]
    return [_shuffled(builder, value, lanes) for lanes in places]


def _folded(builder: Any, value: Any, fold: int) -> Any:
    """The sums of `fold` neighbouring lanes, in the first lanes."""
    parts = [_shuffled(builder, value, [lane * fold % LANES + q for lane in range(LANES)]) for q in range(fold)]
    return _sum(builder, parts) if fold > 1 else value


def _sum(builder: Any, parts: list[Any]) -> Any:
    while len(parts) > 1:
        pairs = [builder.fadd(*parts[i : i + 2]) for i in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[2 * len(pairs) :]
    return parts[0]


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32"), [a, b, c])


def _only_if(builder: Any, condition: Any, values: list[Any], change: Callable[[], None]) -> None:
    """Let `change` replace some of the values where the condition holds."""
    before, old = builder.basic_block, list(values)
    with builder.if_then(condition):
        change()
        after = builder.basic_block
    for i, (new, kept) in enumerate(zip(values, old)):
        if new is not kept:
            values[i] = builder.phi(VECTOR)
            values[i].add_incoming(kept, before)
            values[i].add_incoming(new, after)


def _visit(
    builder: Any, source: _Memory, place: Any, taps: int, advance: int, values: list[Any], use: Callable[..., None]
) -> None:
    """Read each column that is inside the image and let use(what is read, j, s) replace some of the values."""
    if advance == 0:
        return  # a form in which nothing is shared: this code never runs
    at, column, width, spacing, pitch = place
    # LLVM is not to know how `at` came about: else it keeps one pointer for each read of a loop, far too many.
    at = builder.asm(ir.FunctionType(_I64, [_I64]), "", "=r,0", [at], False)
    step = builder.mul(spacing, pitch)
    for t in range((COLUMNS - 1) * advance + taps):
        pairs = [((t - s) // advance, s) for s in range(taps) if (t - s) % advance == 0]

        def read_and_use(t: int = t, pairs: list[tuple[int, int]] = pairs) -> None:
            found = source.read(builder.add(at, builder.mul(step, _whole(t))))
            for j, s in pairs:
                if 0 <= j < COLUMNS:
                    use(found, j, s)

        inside = builder.icmp_unsigned("<", builder.add(column, builder.mul(spacing, _whole(t))), width)
        _only_if(builder, inside, values, read_and_use)


def _make_products(taps: int) -> Callable[..., Any]:
    @intrinsic
    def products(ctx, a, at, column, width, spacing, pitch, w, w0, w_step, w_inner, values, lanes, form):
        """values with the products of `taps` taps added. A's `column` is at `at`, w[s][q] at w0 + s·w_step + q·w_inner.

        With one tap, `spacing` is that between the windows of neighbouring columns.
        """
        counts = _counts(form)

        def codegen(context, builder, signature, args):
            array, *place, weights, first, step, inner, given, count, _ = args
            masks = [_mask(builder, lanes, count, shared) for shared in (counts["spread"], 1)]
            source, filters = (
                _Memory(context, builder, kind, data, mask) for kind, data, mask in zip((a, w), (array, weights), masks)
            )
            w_sq = _grid(builder, first, step, inner, taps, counts["group"])
            w_sq = [[filters.read(index) for index in row] for row in w_sq]
            new = cgutils.unpack_tuple(builder, given, COLUMNS)

            def use(found: Any, j: int, s: int) -> None:
                for q, seen in enumerate(_seen(builder, found, counts)):
                    new[j] = _fma(builder, seen, w_sq[s][q], new[j])

            _visit(builder, source, place, taps, counts["advance"] if taps > 1 else 1, new, use)
            return cgutils.pack_array(builder, new)

        n = types.intp
        return columns(a, n, n, n, n, n, w, n, n, n, columns, lanes, form), codegen

    return products


def _grid(builder: Any, first: Any, step: Any, inner: Any, taps: int, group: int) -> list[list[Any]]:
    """Places first + s·step + q·inner."""
    rows = [builder.add(first, builder.mul(step, _whole(s))) for s in range(taps)]
    return [[builder.add(row, builder.mul(inner, _whole(q))) for q in range(group)] for row in rows]


def _make_sums(taps: int) -> Callable[..., Any]:
    @intrinsic
    def sums(ctx, a, at, column, width, spacing, pitch, values, total, s0, s_step, s_inner, lanes, form):
        """Add to the sums of `taps` taps, sums[s][q] at s0 + s·s_step + q·s_inner, whole vectors always."""
        counts = _counts(form)

        def codegen(context, builder, signature, args):
            array, *place, given, totals, first, step, inner, count, _ = args
            source = _Memory(context, builder, a, array, _mask(builder, lanes, count, counts["spread"]))
            memory = _Memory(context, builder, total, totals, None)
            group = counts["group"]
            places = [place for row in _grid(builder, first, step, inner, taps, group) for place in row]
            new, old = [memory.read(index) for index in places], cgutils.unpack_tuple(builder, given, COLUMNS)

            def use(found: Any, j: int, s: int) -> None:
                for q, seen in enumerate(_seen(builder, found, counts), start=s * group):
                    new[q] = _fma(builder, seen, old[j], new[q])

            _visit(builder, source, place, taps, counts["advance"] if taps > 1 else 1, new, use)
            for index, value in zip(places, new):
                memory.write(index, value)
            return context.get_dummy_value()

        n = types.intp
        return types.void(a, n, n, n, n, n, columns, total, n, n, n, lanes, form), codegen

    return sums


@intrinsic
def take(ctx, array, at, step, count, lanes):
    """The first `count` columns, `step` floats apart, and zeros for the others."""

    def codegen(context, builder, signature, args):
        given, first, distance, wanted, lanes_ = args
        memory = _Memory(context, builder, array, given, _mask(builder, lanes, lanes_))
        values = [_ZEROS] * COLUMNS
        for j in range(COLUMNS):

            def read(j: int = j) -> None:
                values[j] = memory.read(builder.add(first, builder.mul(distance, _whole(j))))

            _only_if(builder, builder.icmp_signed("<", _whole(j), wanted), values, read)
        return cgutils.pack_array(builder, values)

    n = types.intp
    return columns(array, n, n, n, lanes), codegen


@intrinsic
def put(ctx, array, at, step, count, values, floor, lanes, form):
    """Write the first `count` columns, `step` floats apart, clipped from below by floor; NaN stays NaN."""
    fold = _counts(form)["fold"]

    def codegen(context, builder, signature, args):
        target, first, distance, wanted, given, low, lanes_, _ = args
        memory = _Memory(context, builder, array, target, _mask(builder, lanes, lanes_, fold))
        low = splat(builder, low)
        for j, value in enumerate(cgutils.unpack_tuple(builder, given, COLUMNS)):
            folded = _folded(builder, value, fold)
            clipped = builder.select(builder.fcmp_ordered("<", folded, low), low, folded)
            with builder.if_then(builder.icmp_signed("<", _whole(j), wanted)):
                memory.write(builder.add(first, builder.mul(distance, _whole(j))), clipped)
        return context.get_dummy_value()

    n = types.intp
    return types.void(array, n, n, n, columns, types.float32, lanes, form), codegen


@intrinsic
def repeat(ctx, array, at, lanes):
    """The vector at `at` in every column."""

    def codegen(context, builder, signature, args):
        value = _Memory(context, builder, array, args[0], _mask(builder, lanes, args[2])).read(args[1])
        return cgutils.pack_array(builder, [value] * COLUMNS)

    return columns(array, types.intp, lanes), codegen


@intrinsic
def total(ctx, values):
    """The sum of all columns."""
    return vector(columns), lambda context, builder, signature, args: _sum(
        builder, cgutils.unpack_tuple(builder, args[0], COLUMNS)
    )


one_product, two_products, three_products = (_make_products(taps) for taps in (1, 2, 3))
one_sum, two_sums, three_sums = (_make_sums(taps) for taps in (1, 2, 3))
