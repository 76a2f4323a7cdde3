"""Indexes of strongest patches that are kept, so that a model and its images are looked through once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from ..runtime.model import Model
from ..spec import ConvscopeError
from .patch_index import PatchIndex, build_steps

_SAMPLES = 16  # images that tell one set from another
_KEPT = 32
"""Indexes in a folder; the oldest make room."""


def default_folder() -> Path:
    """Where the desktop keeps its indexes."""
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("convscope", appauthor=False) / "patches"


def stored_index(
    model: Model, images: Any, top: int = 16, folder: str | os.PathLike[str] | None = None
) -> Generator[tuple[int, int], None, PatchIndex]:
    """The index of every layer of a model for images (N, H, W, C): read if it is there, else made and written.

    A generator of (images done, in all) that returns the index; dropping it cancels, and nothing is written. What was
    made with other weights, images or `top` has another name.
    """
    path = Path(folder or default_folder()) / f"{_name(model, images, top)}.npz"
    with contextlib.suppress(ConvscopeError):
        found = PatchIndex.load(path, model)
        yield len(images), len(images)
        return found
    made: PatchIndex = yield from build_steps(model, images, None, top)
    with contextlib.suppress(ConvscopeError, OSError):  # without a place to keep it, it serves all the same
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save(path)
        _make_room(path.parent)
    return made


def _name(model: Model, images: Any, top: int) -> str:
    """A digest of all that the index depends on; of the images a few are looked at."""
    digest = hashlib.sha256(model.network.to_json().encode())
    digest.update(repr((model.preprocessing, len(images), tuple(images.shape[1:]), top)).encode())
    digest.update(np.ascontiguousarray(model.flat_weights).tobytes())
    for number in np.unique(np.linspace(0, len(images) - 1, _SAMPLES).astype(int)):
        digest.update(np.ascontiguousarray(images[int(number)]).tobytes())
    return digest.hexdigest()[:32]


def _make_room(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    for path in files[: max(len(files) - _KEPT, 0)]:
        path.unlink(missing_ok=True)
