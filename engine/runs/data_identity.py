"""What tells one data set from another of the same name, so that a run goes on with the images it was begun on."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import Dataset

_LOOKED_AT = 32  # images spread over the set: a digest of millions would take longer than it is worth


@dataclass(frozen=True)
class DataSource:
    """How a data set was asked for: what `load_dataset` takes."""

    name: str
    folder: str | os.PathLike[str] | None = None


def identity(dataset: Dataset) -> dict[str, Any]:
    """Name, counts, shape, and a digest of all labels and some images, as JSON."""
    digest = hashlib.sha256()
    count = len(dataset.train_labels)
    digest.update(np.ascontiguousarray(dataset.train_labels).tobytes())
    for row in np.linspace(0, count - 1, min(_LOOKED_AT, count)).astype(int):
        digest.update(np.ascontiguousarray(dataset.train_images[row]).tobytes())
    return {
        "name": dataset.name,
        "train_images": count,
        "test_images": len(dataset.test_labels),
        "image_shape": list(dataset.image_shape),
        "classes": len(dataset.classes),
        "digest": digest.hexdigest(),
    }
