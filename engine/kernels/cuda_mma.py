"""Tensor cores: the product of small matrices that the 32 threads of a warp make together (compute capability 8.0).

They multiply numbers of TF32: float32 with 10 bits behind the point, not 23. Each thread (lane) holds some entries
of A (16×8), B (8×8) and C (16×8), as the PTX ISA lays them out for mma.m16n8k8: with g = lane // 4 and j = lane % 4

    a0 (g, j)   a1 (g + 8, j)   a2 (g, j + 4)   a3 (g + 8, j + 4)   b0 (j, g)   b1 (j + 4, g)
    c0 (g, 2j)  c1 (g, 2j + 1)  c2 (g + 8, 2j)  c3 (g + 8, 2j + 1)
"""

from typing import Any

from .cuda_jit import SIMULATED, WARP

mma: Any
rounded: Any

if SIMULATED:
    import threading

    import numpy as np

    _held: dict[int, tuple[float, ...]] = {}
    """What each thread of the block gave: its entries of A and B."""

    def rounded(x):
        """A float32 rounded to TF32, halves away from zero."""
        bits = int(np.float32(x).view(np.uint32))
        return x if x != x else _float(bits + 0x1000)  # noqa: PLR0124  NaN is not itself

    def mma(c0, c1, c2, c3, a0, a1, a2, a3, b0, b1):
        """This thread's entries of A·B + C, given those of C, A and B; the whole warp calls it at once.

        Bits that TF32 has not are left out, and sums are cut, not rounded, as tensor cores do.
        """
        thread = threading.current_thread()
        _held[thread.thread_id] = tuple(
            float(_float(int(np.float32(v).view(np.uint32)))) for v in (a0, a1, a2, a3, b0, b1)
        )
        thread.syncthreads()
        lane = thread.thread_id % WARP
        first, g, j = thread.thread_id - lane, lane // 4, lane % 4
        sums = []
        for c, lower, column in ((c0, 0, 2 * j), (c1, 0, 2 * j + 1), (c2, 1, 2 * j), (c3, 1, 2 * j + 1)):
            total = float(c)
            for k in range(8):
                a = _held[first + 4 * g + k % 4][lower + 2 * (k // 4)]
                total += a * _held[first + 4 * column + k % 4][4 + k // 4]
            sums.append(_cut(total))
        thread.syncthreads()
        return tuple(sums)

    def _float(bits):
        """The float32 of these bits, without those that TF32 has not."""
        return np.array(bits & 0xFFFFE000, np.uint32).view(np.float32)[()]

    def _cut(value):
        """The float32 next to a number, towards zero."""
        near = np.float32(value)
        return np.nextafter(near, np.float32(0)) if abs(float(near)) > abs(value) else near

else:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.cuda.extending import intrinsic

    _FLOAT, _BITS = ir.FloatType(), ir.IntType(32)
    _PRODUCT = (
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};"
    )

    @intrinsic
    def rounded(typing, x):
        """A float32 rounded to TF32, halves away from zero."""
        signature = types.float32(types.float32)

        def generate(context, builder, signature, args):
            convert = ir.InlineAsm(ir.FunctionType(_BITS, [_FLOAT]), "cvt.rna.tf32.f32 $0, $1;", "=r,f")
            return builder.bitcast(builder.call(convert, args), _FLOAT)

        return signature, generate

    @intrinsic
    def mma(typing, c0, c1, c2, c3, a0, a1, a2, a3, b0, b1):
        """This thread's entries of A·B + C, given those of C, A and B; the whole warp calls it at once."""
        number = types.float32
        signature = types.UniTuple(number, 4)(*[number] * 10)

        def generate(context, builder, signature, args):
            four = ir.LiteralStructType([_FLOAT] * 4)
            shape = ir.FunctionType(four, [_BITS] * 6 + [_FLOAT] * 4)
            multiply = ir.InlineAsm(shape, _PRODUCT, "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f")
            given = [builder.bitcast(value, _BITS) for value in args[4:]]
            result = builder.call(multiply, [*given, *args[:4]])
            return cgutils.pack_array(builder, [builder.extract_value(result, i) for i in range(4)])

        return signature, generate
