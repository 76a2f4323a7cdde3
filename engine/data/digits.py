"""The handwritten digits that come with scikit-learn: small, always there, learned in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .download import Progress
from .entry import Entry
from .options import Options
from .preprocess import Preprocessing

_BRIGHTEST = 16  # its pixels count dark dots in 4×4 blocks of a bitmap
_CLASSES = tuple("0123456789")


def _load(directory: Path | None, progress: Progress | None, options: Options) -> Dataset:
    """The bundled set; it needs no folder, download or option, so its arguments go unused."""
    from sklearn.datasets import load_digits  # takes half a second to import  # noqa: PLC0415

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / _BRIGHTEST)).astype(np.uint8)[..., None]
    labels = bunch.target.astype(np.int64)
    test = _held_out(labels)
    preprocessing = Preprocessing(mean=(0.3053,), std=(0.3757,))  # of the training images of this split
    return Dataset("digits", images[~test], labels[~test], images[test], labels[test], _CLASSES, preprocessing)


def _held_out(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every fifth image of each class, as a mask: all writers stand on both sides, and no seed is needed."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[2::5]] = True
    return chosen


DIGITS = Entry(
    "digits",
    "Digits",
    "1,797 handwritten digits, 8×8 grey; bundled, no download",
    "Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository",
    (8, 8, 1),
    _CLASSES,
    0,
    _load,
)
