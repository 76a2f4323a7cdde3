"""Loads and stores of four floats at once on the GPU: 16 bytes, which the address must be a multiple of."""

from typing import Any

from .cuda_jit import SIMULATED

load4: Any
store4: Any

if SIMULATED:

    def load4(a, i):
        """Four values from a[i]."""
        return a[i], a[i + 1], a[i + 2], a[i + 3]

    def store4(a, i, x, y, z, w):
        """Four values to a[i]."""
        a[i], a[i + 1], a[i + 2], a[i + 3] = x, y, z, w

else:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.cuda.extending import intrinsic

    _FOUR = ir.VectorType(ir.FloatType(), 4)
    _LANE = ir.IntType(32)

    def _pointer(context, builder, array_type, array, index_type, index):
        """Address of array[index] as that of four floats; no test of bounds, no wrapping of negative indices."""
        data = context.make_array(array_type)(context, builder, array).data
        extend = builder.sext if index_type.signed else builder.zext
        wide = index if index.type.width == 64 else extend(index, ir.IntType(64))
        address = builder.gep(data, [wide])
        return builder.bitcast(address, _FOUR.as_pointer(address.type.addrspace))

    @intrinsic
    def load4(typing, a, i):
        """Four values from a[i]."""
        signature = types.UniTuple(types.float32, 4)(a, i)

        def generate(context, builder, signature, args):
            value = builder.load(_pointer(context, builder, signature.args[0], args[0], signature.args[1], args[1]))
            value.align = 16
            return cgutils.pack_array(builder, [builder.extract_element(value, _LANE(k)) for k in range(4)])

        return signature, generate

    @intrinsic
    def store4(typing, a, i, x, y, z, w):
        """Four values to a[i]."""
        number = types.float32
        signature = types.void(a, i, number, number, number, number)

        def generate(context, builder, signature, args):
            value = ir.Constant(_FOUR, ir.Undefined)
            for k in range(4):
                value = builder.insert_element(value, args[2 + k], _LANE(k))
            address = _pointer(context, builder, signature.args[0], args[0], signature.args[1], args[1])
            builder.store(value, address).align = 16
            return context.get_dummy_value()

        return signature, generate
