"""The vector unit at hand, as data: how many floats a register holds and how large a tile fits its registers."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import llvmlite.binding as llvm


@dataclass(frozen=True)
class VectorUnit:
    """`lanes` floats a vector; the register tile is `rows` × `vectors` of them.

    `vectors` is 2: packed blocks of columns are then either full or half, and kernels rely on it.
    """

    name: str
    lanes: int
    rows: int
    vectors: int


UNITS = {
    # 32 registers: 16 accumulators hide the latency of two fused multiply-adds a cycle, and leave room for operands.
    "avx512": VectorUnit("avx512", 16, 8, 2),
    # 16 registers: 12 accumulators, 2 vectors of B, one broadcast.
    "avx2": VectorUnit("avx2", 8, 6, 2),
    # 32 registers of 4 floats, used in pairs: 24 accumulators.
    "neon": VectorUnit("neon", 8, 6, 2),
    "generic": VectorUnit("generic", 4, 4, 2),
}


def detect() -> VectorUnit:
    """The unit of this processor; CONVSCOPE_VECTOR names another one, to test it."""
    forced = os.environ.get("CONVSCOPE_VECTOR")
    if forced:
        return UNITS[forced]
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return UNITS["avx512"]
    if features.get("avx2") and features.get("fma"):
        return UNITS["avx2"]
    return UNITS["neon" if platform.machine().lower() in ("arm64", "aarch64") else "generic"]


UNIT = detect()
LANES, ROWS, VECTORS = UNIT.lanes, UNIT.rows, UNIT.vectors
WIDTH = LANES * VECTORS  # columns of a full tile
