"""The handwritten digits that come with scikit-learn: small, always there, learned in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .download import Progress
from .entry import Entry
from .preprocess import Preprocessing

_BRIGHTEST = 16  # its pixels count dark dots in 4×4 blocks of a bitmap
_CLASSES = tuple("0123456789")
_SPLIT_SEED = 0


def _load(directory: Path | None, progress: Progress | None) -> Dataset:
    """The bundled set; it needs no folder and no download, so both arguments go unused."""
    from sklearn.datasets import load_digits  # takes half a second to import  # noqa: PLC0415

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / _BRIGHTEST)).astype(np.uint8)[..., None]
    labels = bunch.target.astype(np.int64)
    test = _held_out(labels)
    preprocessing = Preprocessing(mean=(0.3055,), std=(0.3759,))  # of the training images of this split
    return Dataset("digits", images[~test], labels[~test], images[test], labels[test], _CLASSES, preprocessing)


def _held_out(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """A fifth of each class, chosen at random with a fixed seed, as a mask."""
    rng = np.random.default_rng(_SPLIT_SEED)
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        chosen[members[: round(len(members) / 5)]] = True
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
