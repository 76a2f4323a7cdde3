"""What `convscope doctor` finds out, group by group, as JSON-able values."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PACKAGES = (
    "convscope",
    "numpy",
    "numba",
    "llvmlite",
    "safetensors",
    "scikit-learn",
    "pillow",
    "PySide6-Essentials",
    "pyqtgraph",
)
Facts = dict[str, Any]


def gather() -> dict[str, Facts]:
    """All groups. A group that cannot be read says why instead of failing the others."""
    groups: dict[str, Callable[[], Facts]] = {
        "versions": versions,
        "processor": processor,
        "threads": threads,
        "cuda": cuda,
        "desktop": desktop,
        "caches": caches,
    }
    return {name: _or_reason(read) for name, read in groups.items()}


def versions(*more: str) -> Facts:
    """Of Python, the system, the packages we stand on, and `more` packages; None where one is not installed."""
    installed = {name: _version(name) for name in (*_PACKAGES, *more)}
    return {"python": platform.python_version(), "system": platform.platform(), **installed}


def processor() -> Facts:
    import llvmlite.binding as llvm  # noqa: PLC0415
    import psutil  # noqa: PLC0415

    from ..kernels.vector import UNIT  # noqa: PLC0415

    memory = psutil.virtual_memory()
    return {
        "name": _processor_name(),
        "architecture": platform.machine(),
        "kind": llvm.get_host_cpu_name(),
        "cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "vector_unit": UNIT.name,
        "floats_a_vector": UNIT.lanes,
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
    }


def threads() -> Facts:
    """How many threads kernels use, and which layer runs them: known once a parallel kernel has run."""
    import numba  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from ..kernels.elementwise import fill_zero  # noqa: PLC0415
    from ..runtime.compute import exclusive  # noqa: PLC0415
    from ..runtime.threads import most_threads  # noqa: PLC0415
    from ..runtime.threads import threads as in_use  # noqa: PLC0415

    with exclusive:
        fill_zero.parallel(np.empty(64, np.float32), 64, 1)
    return {"used": in_use(), "most": most_threads(), "layer": numba.threading_layer()}


def cuda() -> Facts:
    """Whether a GPU can be used, and if not, why and what to install."""
    from ..runtime.cuda_facts import facts  # loads Numba  # noqa: PLC0415

    return facts()


def desktop() -> Facts:
    """Whether the window can open, and if not, why."""
    from .desktop import no_screen  # noqa: PLC0415

    try:
        core = importlib.import_module("PySide6.QtCore")
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return {"available": False, "qt": None, "reason": f"Qt cannot be loaded ({error})"}
    reason = no_screen()
    return {"available": reason is None, "qt": core.qVersion(), "reason": reason}


def caches() -> Facts:
    """Where compiled kernels and data sets are kept, and what is there."""
    from ..data import DATASETS  # noqa: PLC0415
    from ..data.download import cache_folder  # noqa: PLC0415
    from ..kernels import cache  # noqa: PLC0415

    count, nbytes = cache.state()
    data = cache_folder("").resolve()
    kept = [name for name in DATASETS if any(cache_folder(name).glob("*.gz"))]
    return {
        "kernels": str(cache.folder()),
        "kernels_writable": _writable(cache.folder()),
        "compiled_kernels": count,
        "compiled_bytes": nbytes,
        "data": str(data),
        "data_writable": _writable(data),
        "data_sets": kept,
    }


def _or_reason(read: Callable[[], Facts]) -> Facts:
    try:
        return read()
    except Exception as error:  # a doctor must survive what it examines
        return {"available": False, "reason": f"cannot be examined ({type(error).__name__}: {error})"}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor_name() -> str:
    """As the maker calls it, where the system says."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _writable(folder: Path) -> bool:
    """Whether the folder, or the nearest one above it that exists, can be written to."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)
