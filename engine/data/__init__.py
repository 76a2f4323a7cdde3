"""Datasets, image files, and the way from pixels to network input."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from .dataset import DataError, Dataset
from .digits import DIGITS
from .download import Progress
from .entry import Entry
from .images import read_image
from .mnist import FASHION_MNIST, MNIST
from .preprocess import Preprocessing

__all__ = ["DATASETS", "DataError", "Dataset", "Entry", "Preprocessing", "Progress", "load_dataset", "read_image"]

DATASETS: dict[str, Entry] = {entry.name: entry for entry in (DIGITS, MNIST, FASHION_MNIST)}
"""Known datasets by name."""


def load_dataset(
    name: str, directory: str | os.PathLike[str] | None = None, progress: Progress | None = None
) -> Dataset:
    """A known dataset.

    Without `directory` it comes from the user's cache, and is downloaded into it at first use, while `progress` is
    told (file name, bytes so far, bytes in all). `directory` is a folder that holds the files themselves. DataError
    names what is missing or damaged and what to do.
    """
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(DATASETS)}."
        raise DataError(f"There is no dataset {name!r}; {hint}")
    return DATASETS[name].load(None if directory is None else Path(directory), progress)
