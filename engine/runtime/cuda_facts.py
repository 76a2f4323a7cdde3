"""What there is of CUDA on this machine, in the words of `convscope doctor`, and what is missing."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

from ..kernels.cuda_jit import SIMULATED, cuda
from ..kernels.modes import FLOAT32, MODES
from ..spec import ConvscopeError
from . import cuda_graph
from .cuda import Chip, CudaBackend, chip
from .cuda_math import math_mode

_DRIVER = Path("/proc/driver/nvidia/version")


def facts() -> dict[str, Any]:
    """Whether CUDA can be used, else why not; versions of what it takes, None where it is not there; the chip."""
    found = {"available": True, "reason": None, "simulated": SIMULATED}
    try:
        backend = CudaBackend()
    except ConvscopeError as error:
        return {**found, "available": False, "reason": str(error), **_versions()}
    made = chip()
    return {
        **found,
        "name": made.name,
        "compute_capability": ".".join(map(str, made.capability)),
        "multiprocessors": made.processors,
        "memory_bytes": None if SIMULATED else int(cuda.current_context().get_memory_info()[1]),
        "memory_free_bytes": None if SIMULATED else backend.available_bytes(),
        "graph_capture": cuda_graph.wanted(),
        "math_modes": list(modes(made)),
        "math": math_mode(),
        **_versions(),
    }


def modes(chip: Chip) -> tuple[str, ...]:
    """The ways to multiply that a chip has; see cuda_math.py."""
    from ..kernels.cuda_tiles import TENSOR_CORES  # declares kernels, which needs numba.cuda  # noqa: PLC0415

    major, minor = chip.capability
    return MODES if 10 * major + minor >= TENSOR_CORES else (FLOAT32,)


def _versions() -> dict[str, str | None]:
    return {
        "driver": _driver(),
        "driver_cuda": _driver_cuda(),
        "numba_cuda": _installed("numba-cuda"),
        "toolkit": _installed("cuda-toolkit"),
    }


def _driver() -> str | None:
    """The version of the kernel's driver, as Linux tells it."""
    try:
        words = _DRIVER.read_text(encoding="ascii", errors="replace").splitlines()[0].split()
    except (OSError, IndexError):
        return None
    return next((word for word in words if word[:1].isdigit() and "." in word), None)


def _driver_cuda() -> str | None:
    """The newest CUDA that the driver offers."""
    try:
        return None if SIMULATED else ".".join(map(str, cuda.cudadrv.driver.driver.get_version()))
    except Exception:  # whatever the search for a driver ends in
        return None


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
