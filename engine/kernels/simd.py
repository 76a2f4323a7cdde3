"""A vector of LANES floats as a Numba value: loads, stores and arithmetic that map to single instructions.

For loops whose order of work a compiler cannot find by itself. Indices are not checked and not wrapped. A product and
a sum may become one fused multiply-add.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from .vector import LANES

VECTOR = ir.VectorType(ir.FloatType(), LANES)


class VectorType(types.Type):
    """Numba's type of a vector of LANES float32 values."""

    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


vector = VectorType()


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())


def splat(builder: Any, scalar: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


@intrinsic
def load(ctx, array, index):
    """array[index : index + LANES]."""

    def codegen(context, builder, signature, args):
        value = builder.load(_pointer(context, builder, signature.args[0], *args))
        value.align = 4
        return value

    return vector(array, types.intp), codegen


@intrinsic
def store(ctx, array, index, value):
    """array[index : index + LANES] = value."""

    def codegen(context, builder, signature, args):
        builder.store(args[2], _pointer(context, builder, signature.args[0], args[0], args[1])).align = 4
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), codegen


@intrinsic
def prefetch(ctx, array, index):
    """Ask for the cache line that holds array[index], which may lie outside: it will be read soon."""

    def codegen(context, builder, signature, args):
        place, number = _pointer(context, builder, signature.args[0], *args), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [place, *(ir.Constant(number, value) for value in (0, 2, 1))])  # a read, into L2, of data
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen


def first_lanes(builder: Any, count: Any) -> Any:
    """The mask of the first `count` lanes."""
    kind = ir.VectorType(ir.IntType(32), LANES)
    undefined = ir.Constant(kind, ir.Undefined)
    number = builder.insert_element(undefined, builder.trunc(count, ir.IntType(32)), ir.Constant(ir.IntType(32), 0))
    limit = builder.shuffle_vector(number, undefined, ir.Constant(kind, [0] * LANES))
    return builder.icmp_signed("<", ir.Constant(kind, list(range(LANES))), limit)


def typed_pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any, item: Any) -> tuple[Any, Any, str]:
    """A pointer to LANES items of an array, their vector type and its name in LLVM."""
    data = context.make_array(kind)(context, builder, array).data
    vectors = ir.VectorType(item, LANES)
    name = f"v{LANES}{'f32' if isinstance(item, ir.FloatType) else f'i{item.width}'}"
    return builder.bitcast(builder.gep(data, [index]), vectors.as_pointer()), vectors, name


def masked_store(builder: Any, value: Any, pointer: Any, name: str, mask: Any) -> None:
    alignment = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, alignment, mask.type])
    call = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.{name}.p0")
    builder.call(call, [value, pointer, ir.Constant(alignment, 1), mask])


def masked_load(builder: Any, pointer: Any, vectors: Any, name: str, mask: Any) -> Any:
    """Zeros in the other lanes."""
    alignment = ir.IntType(32)
    kind = ir.FunctionType(vectors, [pointer.type, alignment, mask.type, vectors])
    call = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.{name}.p0")
    return builder.call(call, [pointer, ir.Constant(alignment, 1), mask, ir.Constant(vectors, [0] * LANES)])


@intrinsic
def load_first(ctx, array, index, count):
    """array[index : index + count], zeros behind."""

    def codegen(context, builder, signature, args):
        place = typed_pointer(context, builder, signature.args[0], args[0], args[1], ir.FloatType())
        return masked_load(builder, *place, first_lanes(builder, args[2]))

    return vector(array, types.intp, types.intp), codegen


@intrinsic
def store_first(ctx, array, index, value, count):
    """array[index : index + count] = the first values; the rest is left alone."""

    def codegen(context, builder, signature, args):
        pointer, _, name = typed_pointer(context, builder, signature.args[0], args[0], args[1], ir.FloatType())
        masked_store(builder, args[2], pointer, name, first_lanes(builder, args[3]))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector, types.intp), codegen


@intrinsic
def load_integers(ctx, array, index, count):
    """array[index : index + count] of unsigned integers as floats, zeros behind."""
    item = ir.IntType(array.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        place = typed_pointer(context, builder, signature.args[0], args[0], args[1], item)
        return builder.uitofp(masked_load(builder, *place, first_lanes(builder, args[2])), VECTOR)

    return vector(array, types.intp, types.intp), codegen


@intrinsic
def store_integers(ctx, array, index, value, count):
    """array[index : index + count] of unsigned integers = the first values, which are whole numbers."""
    item = ir.IntType(array.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        pointer, vectors, name = typed_pointer(context, builder, signature.args[0], args[0], args[1], item)
        whole = builder.fptoui(args[2], ir.VectorType(ir.IntType(32), LANES))
        number = builder.trunc(whole, vectors) if item.width < 32 else whole
        masked_store(builder, number, pointer, name, first_lanes(builder, args[3]))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector, types.intp), codegen


@intrinsic
def where_beaten(ctx, best, value, a, b):
    """a in the lanes where the value is above the best or is NaN, else b."""

    def codegen(context, builder, signature, args):
        best, value, a, b = args
        above, broken = builder.fcmp_ordered(">", value, best), builder.fcmp_unordered("uno", value, value)
        return builder.select(builder.or_(above, broken), a, b)

    return vector(vector, vector, vector, vector), codegen


@intrinsic
def where_equal(ctx, left, right, a):
    """a in the lanes where left and right are equal, else 0."""

    def codegen(context, builder, signature, args):
        nothing = ir.Constant(VECTOR, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered("==", args[0], args[1]), args[2], nothing)

    return vector(vector, vector, vector), codegen


@intrinsic
def add(ctx, a, b):
    """a + b."""
    return vector(vector, vector), lambda context, builder, signature, args: builder.fadd(*args, flags=("contract",))


@intrinsic
def subtract(ctx, a, b):
    """a − b."""
    return vector(vector, vector), lambda context, builder, signature, args: builder.fsub(*args, flags=("contract",))


@intrinsic
def multiply(ctx, a, b):
    """a · b."""
    return vector(vector, vector), lambda context, builder, signature, args: builder.fmul(*args, flags=("contract",))


@intrinsic
def fma(ctx, a, b, c):
    """a · b + c, rounded once."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32"), args)

    return vector(vector, vector, vector), codegen


@intrinsic
def broadcast(ctx, scalar):
    """The scalar in every lane."""
    return vector(types.float32), lambda context, builder, signature, args: splat(builder, args[0])


@intrinsic
def where_positive(ctx, condition, a):
    """a in the lanes where the condition is positive, else 0."""

    def codegen(context, builder, signature, args):
        nothing = ir.Constant(VECTOR, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", args[0], nothing), args[1], nothing)

    return vector(vector, vector), codegen


@intrinsic
def scaled(ctx, a, factor):
    """a · factor."""
    return vector(vector, types.float32), lambda context, builder, signature, args: builder.fmul(
        args[0], splat(builder, args[1]), flags=("contract",)
    )


@intrinsic
def at_least(ctx, a, floor):
    """max(a, floor); NaN stays NaN."""

    def codegen(context, builder, signature, args):
        low = splat(builder, args[1])
        return builder.select(builder.fcmp_ordered("<", args[0], low), low, args[0])

    return vector(vector, types.float32), codegen
