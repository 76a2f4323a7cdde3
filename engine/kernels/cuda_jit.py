"""The one module that imports numba.cuda, and what makes CUDA kernels of Python functions.

A kernel is compiled when it is first launched, not when it is declared: that needs a driver. Under Numba's simulator
(NUMBA_ENABLE_CUDASIM=1) the same functions run as Python, one thread of the system for each of the GPU's.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numba

SIMULATED = bool(numba.config.ENABLE_CUDASIM)  # type: ignore[attr-defined]

cuda: Any
try:
    from numba import cuda  # type: ignore[no-redef]
except Exception as error:  # without its toolkit numba-cuda raises whatever its search for it ends in
    cuda = None
    PROBLEM = f"{type(error).__name__}: {error}".splitlines()[0]
    """Why numba.cuda could not be imported; empty if it could."""
else:
    PROBLEM = ""

WARP = 32
BLOCK = 256
"""Threads of a block where nothing asks for another number."""
REDUCERS = 16 if SIMULATED else 128
"""Threads of a block that adds something up; a power of two. A simulated thread takes a tenth of a millisecond."""

Arguments = Mapping[str, Any]
Grid = tuple[tuple[int, ...], int]
"""Blocks in each direction, and threads of a block."""


@dataclass(frozen=True)
class Launch:
    """A kernel, its grid and its arguments."""

    kernel: CudaKernel
    grid: Grid
    args: tuple[Any, ...]


class CudaKernel:
    """A function that every thread of a grid runs. `grid` says, from the call's arguments by name, how large it is.

    `registers` is the most a thread may use; the compile gate holds kernels to it. A kernel is `held` to it where
    compilers would take more of themselves; elsewhere being told makes them take all of it, and even spill.
    """

    def __init__(
        self, function: Callable[..., None], grid: Callable[[Arguments], Grid], registers: int = 112, held: bool = False
    ) -> None:
        self.function, self.grid, self.registers, self.held = function, grid, registers, held
        self.parameters = tuple(inspect.signature(function).parameters)
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self._compiled: Any = None

    def launches(self, *args: Any) -> tuple[Launch, ...]:
        """What a call with these arguments launches."""
        return (Launch(self, self.grid(dict(zip(self.parameters, args, strict=True))), args),)

    @property
    def name(self) -> str:
        """Where the kernel stands, such as `kernels.cuda_slide.slide`."""
        return f"{self.function.__module__.partition('.engine.')[2]}.{self.function.__name__}"

    @property
    def compiled(self) -> Any:
        """Numba's dispatcher, made when first asked for."""
        if self._compiled is None:
            limit = {"max_registers": self.registers} if self.held and not SIMULATED else {}
            self._compiled = cuda.jit(**limit)(self.function)
        return self._compiled


class CudaSequence:
    """Several launches that together do what a CPU kernel does in one call: `function` gives them for its arguments."""

    def __init__(self, function: Callable[..., tuple[Launch, ...]]) -> None:
        self._function = function
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def launches(self, *args: Any) -> tuple[Launch, ...]:
        """What a call with these arguments launches, in order."""
        return self._function(*args)


def kernel(grid: Callable[[Arguments], Grid], registers: int = 112) -> Callable[[Callable[..., None]], CudaKernel]:
    """A kernel of this grid: see `per`."""
    return lambda function: CudaKernel(function, grid, registers)


def sequence(function: Callable[..., tuple[Launch, ...]]) -> CudaSequence:
    """What is computed by several kernels, one after the other."""
    return CudaSequence(function)


def device(function: Callable[..., Any]) -> Any:
    """A function that kernels call.

    Simulated kernels call it as it is: the simulator's wrapper swaps globals while other threads use them.
    """
    return function if SIMULATED else cuda.jit(device=True)(function)


if SIMULATED:

    def barrier() -> None:
        """Where threads of a block wait for each other; for device functions."""
        threading.current_thread().syncthreads()  # type: ignore[attr-defined]  # the simulator's kind of thread

elif cuda is not None:

    @device
    def barrier():  # type: ignore[no-untyped-def]
        """Where threads of a block wait for each other; for device functions."""
        cuda.syncthreads()


def per(*names: str) -> Callable[[Arguments], Grid]:
    """The grid of a kernel with one thread for each of as many items as the product of these arguments."""

    def grid(given: Arguments) -> Grid:
        items = 1
        for name in names:
            items *= int(given[name])
        threads = min(BLOCK, -(-items // WARP) * WARP) if items else WARP
        return (max(-(-items // threads), 1),), threads

    return grid
