"""Small picture files that tests of data sets share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def picture(path: Path, height: int = 8, width: int = 8, value: int | None = None, **options: Any) -> Path:
    """A colour picture of noise, or of one value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(map(ord, path.name))
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    if value is not None:
        pixels[...] = value
    Image.fromarray(pixels).save(path, **options)
    return path


def classes(folder: Path, *names: str, each: int = 4, **options: Any) -> Path:
    """A folder with so many pictures of each class."""
    for name in names:
        for index in range(each):
            picture(folder / name / f"{index}.png", **options)
    return folder


def cut(path: Path, share: float = 0.5) -> Path:
    """End a file too early."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path
