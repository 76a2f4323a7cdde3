"""The decorators that make kernels. One place decides flags, cache and threading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import config

from . import cache

F = TypeVar("F", bound=Callable[..., Any])

# Contraction alone: fused multiply-adds, but no reordering that changes sums, and NaN stays NaN.
FLAGS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy", "fastmath": {"contract"}}


def kernel(function: F) -> F:
    """A parallel kernel, cached on disk. Write loops over tasks with `numba.prange`."""
    return _cached(function, parallel=True)


def serial_kernel(function: F) -> F:
    """A kernel for one thread, cached on disk."""
    return _cached(function, parallel=False)


def device(function: F) -> F:
    """A function that kernels call; compiled into them."""
    return numba.njit(inline="never", **FLAGS)(function)  # type: ignore[return-value]


def _cached(function: F, parallel: bool) -> F:
    """Numba reads its cache folder when it decorates; other users of Numba in the process keep theirs."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache.folder())
    try:
        return numba.njit(parallel=parallel, cache=True, **FLAGS)(function)  # type: ignore[return-value]
    finally:
        config.CACHE_DIR = before
