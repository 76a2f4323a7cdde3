"""How a GPU multiplies in convolutions and dense layers: in float32, or by tensor cores in TF32.

`float32` is the arithmetic of the CPU. `3xtf32` splits each number in two of TF32 and takes three products by tensor
cores: errors are those of float32, and numbers beyond 3.4e38 or infinite become NaN. `tf32` takes one product, with
relative errors of about a thousandth. Both need compute capability 8.0.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..kernels.modes import FLOAT32, MODES
from ..spec import ConvscopeError

if TYPE_CHECKING:
    from ..kernels.cuda_tiles import Means

SETTING = "CONVSCOPE_CUDA_MATH"
_mode: list[str] = []


def math_mode() -> str:
    """The mode of models made from now on: what was set, or else CONVSCOPE_CUDA_MATH, or float32."""
    if not _mode:
        set_math_mode(os.environ.get(SETTING) or FLOAT32, SETTING)
    return _mode[-1]


def set_math_mode(mode: str, called: str = "The math mode") -> None:
    """Let models made on a GPU from now on multiply so; ConvscopeError unless it is one of MODES."""
    if mode not in MODES:
        raise ConvscopeError(f"{called} is {mode!r}; use one of: {', '.join(MODES)}.")
    _mode[:] = [mode]


def means(chip: str, capability: tuple[int, int], processors: int) -> Means:
    """What a chip multiplies with; ConvscopeError where it has not what the mode needs."""
    from ..kernels import cuda_tiles  # declares kernels, which needs numba.cuda  # noqa: PLC0415
    from ..kernels.cuda_jit import SIMULATED  # noqa: PLC0415

    mode, known = math_mode(), 10 * capability[0] + capability[1]
    if mode != FLOAT32 and known < cuda_tiles.TENSOR_CORES:
        has = ".".join(map(str, capability))
        raise ConvscopeError(
            f"The math mode {mode} needs compute capability 8.0 and {chip} has {has}; use {FLOAT32} ({SETTING})."
        )
    return cuda_tiles.Means(mode, cuda_tiles.SIMULATOR if SIMULATED else known, processors)
