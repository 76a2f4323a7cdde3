"""Where compiled kernels are kept between runs.

Numba notices when the file of a kernel changes, not when a file it calls does. So the folder's name carries a digest
of all kernel sources: a new version never runs stale machine code, and old folders are removed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import cache
from pathlib import Path

import numba
import platformdirs

from .vector import UNIT

_SOURCES = (
    "kernels/*.py",
    "layers/*/*.py",
    "data/augment/cpu.py",
    "data/augment/scalar.py",
    "train/cpu.py",
    "train/*/*.py",
)
_NO_KERNELS = ("spec.py", "tables.py")  # ends of file names: declarations and offsets compile nothing
_NOT_KEPT = ("steps", "cuda")  # beginnings: nor do steps, and kernels of the GPU are not kept on disk
_KEPT_VERSIONS = 3


def root() -> Path:
    """The folder that holds the kernel caches of all versions; CONVSCOPE_CACHE_DIR moves it."""
    given = os.environ.get("CONVSCOPE_CACHE_DIR")
    return (
        Path(given) / "kernels"
        if given
        else Path(platformdirs.user_cache_dir("convscope", appauthor=False)) / "kernels"
    )


@cache
def folder() -> Path:
    """The folder for this very version of the kernels, of Numba, and this vector unit."""
    engine = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"{numba.__version__} {UNIT.name}".encode())
    for pattern in _SOURCES:
        for source in sorted(engine.glob(pattern)):
            if source.name.endswith(_NO_KERNELS) or source.name.startswith(_NOT_KEPT):
                continue
            digest.update(source.name.encode() + source.read_bytes())
    return root() / digest.hexdigest()[:16]


@cache
def usable() -> bool:
    """Whether kernels can be kept; where nothing can be written they are compiled in every process.

    Making the folder of a new version removes those of versions long gone.
    """
    try:
        is_new = not folder().is_dir()
        folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    if is_new:
        _prune()
    return os.access(folder(), os.W_OK)


def _prune() -> None:
    """Remove the caches of all but the newest few versions."""
    try:
        folders = sorted((f for f in root().iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime, reverse=True)
    except OSError:
        return
    for old in folders[_KEPT_VERSIONS:]:
        if old != folder():
            shutil.rmtree(old, ignore_errors=True)


def state() -> tuple[int, int]:
    """Number of compiled kernels on disk for this version, and their bytes."""
    files = list(folder().rglob("*.nbc")) if folder().is_dir() else []
    return len(files), sum(f.stat().st_size for f in files)
