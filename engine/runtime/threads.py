"""How many threads kernels share their work among, and the library that runs them."""

from __future__ import annotations

import importlib
import os

# GNU's OpenMP lets idle threads spin for milliseconds. As soon as anything else wants a core (a window, another
# program) the spinning thread holds back the one it waits for: training was seen to run 50 times slower. A short
# spin bridges the gap between two calls; after that threads sleep. Read once, when the library is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

import numba

from ..spec import ConvscopeError

SETTING = "CONVSCOPE_THREADS"
_limit: list[int] = []


def threads() -> int:
    """Threads a large kernel uses: what was set, or else CONVSCOPE_THREADS, or NUMBA_NUM_THREADS, or all cores.

    ConvscopeError if CONVSCOPE_THREADS is not a number from 1 to the most that Numba offers.
    """
    if not _limit:
        set_threads(os.environ.get(SETTING) or most_threads(), SETTING)
    return _limit[-1]


def set_threads(count: int | str, called: str = "The number of threads") -> None:
    """Use so many threads from now on. The same number gives the same bits; another one may differ in the last."""
    most = most_threads()
    if not str(count).isdecimal() or not 1 <= int(count) <= most:
        raise ConvscopeError(f"{called} is {count}; use 1 to {most} (NUMBA_NUM_THREADS sets the most there can be).")
    _limit[:] = [int(count)]


def most_threads() -> int:
    """All cores, or what NUMBA_NUM_THREADS says."""
    return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]


def ask_for_safe_layer() -> None:
    """Have a layer on which two threads may start kernels at once, where there is one: `workqueue` aborts the process.

    The engine never relies on it, but other code in the process may run kernels of its own.
    """
    if numba.config.THREADING_LAYER != "default":  # type: ignore[attr-defined]
        return  # the user chose one
    for name in ("tbbpool", "omppool"):
        try:
            importlib.import_module(f"numba.np.ufunc.{name}")
        except ImportError:
            continue
        numba.config.THREADING_LAYER = "threadsafe"  # type: ignore[attr-defined]
        return


ask_for_safe_layer()
