"""The decorators that make kernels. One place decides flags, cache and threading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

from . import cache

F = TypeVar("F", bound=Callable[..., Any])

# Contraction alone: fused multiply-adds, but no reordering that changes sums, and NaN stays NaN.
FLAGS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy", "fastmath": {"contract"}}


class Kernel:
    """A kernel in two builds from one text: for all threads, and for one without the cost of waking the others.

    Calling it runs the parallel build; `for_threads(1)` is the serial one. Each is compiled when first called.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.parallel = _cached(function, parallel=True)
        self.serial = _cached(function, parallel=False)
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, *args: Any) -> Any:
        return self.parallel(*args)

    def for_threads(self, threads: int) -> Callable[..., Any]:
        """The build to call for so many threads."""
        return self.serial if threads == 1 else self.parallel


def kernel(function: Callable[..., Any]) -> Kernel:
    """A kernel that shares its work among threads. Write the loop over tasks with `numba.prange`."""
    return Kernel(function)


def serial_kernel(function: F) -> F:
    """A kernel for one thread, cached on disk."""
    return _cached(function, parallel=False)


def device(function: F) -> F:
    """A function that kernels call; compiled into them."""
    return numba.njit(inline="never", **FLAGS)(function)  # type: ignore[return-value]


def _cached(function: F, parallel: bool) -> F:
    """Numba reads its cache folder when it decorates; other users of Numba in the process keep theirs.

    Two builds of one function need two folders: Numba's cache does not tell them apart.
    """
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache.folder() / ("parallel" if parallel else "serial"))
    try:
        return numba.njit(parallel=parallel, cache=cache.usable(), **FLAGS)(function)  # type: ignore[return-value]
    finally:
        config.CACHE_DIR = before
