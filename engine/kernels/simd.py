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

_VEC = ir.VectorType(ir.FloatType(), LANES)


class VectorType(types.Type):
    """Numba's type of a vector of LANES float32 values."""

    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VEC)


vector = VectorType()


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VEC.as_pointer())


def _splat(builder: Any, scalar: Any) -> Any:
    undefined = ir.Constant(_VEC, ir.Undefined)
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
        kind = ir.FunctionType(_VEC, [_VEC] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32"), args)

    return vector(vector, vector, vector), codegen


@intrinsic
def broadcast(ctx, scalar):
    """The scalar in every lane."""
    return vector(types.float32), lambda context, builder, signature, args: _splat(builder, args[0])


@intrinsic
def where_positive(ctx, condition, a):
    """a in the lanes where the condition is positive, else 0."""

    def codegen(context, builder, signature, args):
        nothing = ir.Constant(_VEC, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", args[0], nothing), args[1], nothing)

    return vector(vector, vector), codegen


@intrinsic
def scaled(ctx, a, factor):
    """a · factor."""
    return vector(vector, types.float32), lambda context, builder, signature, args: builder.fmul(
        args[0], _splat(builder, args[1]), flags=("contract",)
    )


@intrinsic
def at_least(ctx, a, floor):
    """max(a, floor); NaN stays NaN."""

    def codegen(context, builder, signature, args):
        low = _splat(builder, args[1])
        return builder.select(builder.fcmp_ordered("<", args[0], low), low, args[0])

    return vector(vector, types.float32), codegen
