"""A labelled set of images in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..spec import ConvscopeError
from .preprocess import Preprocessing


class DataError(ConvscopeError):
    """Images or labels cannot be used or obtained; the text names the file or array, the fact and the fix."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test images with their labels, and how a network should be given them.

    Images are (N, H, W, C) uint8 pixels, RGB or grey; labels are (N,) int64 indices into `classes`. There may be no
    test images (N = 0). DataError lists everything that does not fit together.
    """

    name: str
    train_images: NDArray[np.uint8] = field(repr=False)
    train_labels: NDArray[np.int64] = field(repr=False)
    test_images: NDArray[np.uint8] = field(repr=False)
    test_labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(str(c) for c in self.classes))
        faults = [
            *_image_faults("training", self.train_images),
            *_image_faults("test", self.test_images),
            *_label_faults("training", self.train_labels, self.train_images, len(self.classes)),
            *_label_faults("test", self.test_labels, self.test_images, len(self.classes)),
        ]
        if not faults:
            faults = _joint_faults(self)
        if faults:
            raise DataError(f"The dataset {self.name} cannot be used: " + "; ".join(faults) + ".")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image."""
        height, width, channels = self.train_images.shape[1:]
        return height, width, channels

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Number of training images of each class."""
        return tuple(int(n) for n in np.bincount(self.train_labels, minlength=len(self.classes)))


def _image_faults(which: str, images: NDArray[np.uint8]) -> list[str]:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in {1, 3} or 0 in images.shape[1:]:
        return [f"{which} images are {images.dtype} {images.shape}, use uint8 (N, H, W, 1 or 3)"]
    return []


def _label_faults(which: str, labels: NDArray[np.int64], images: NDArray[np.uint8], classes: int) -> list[str]:
    if labels.dtype != np.int64 or labels.ndim != 1:
        return [f"{which} labels are {labels.dtype} {labels.shape}, use int64 (N,)"]
    faults = []
    if images.ndim and len(labels) != len(images):
        faults.append(f"there are {len(images):,} {which} images and {len(labels):,} labels, give each image one label")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        faults.append(f"{len(wrong):,} {which} labels are illegal (such as {wrong[0]}), use 0 to {classes - 1}")
    return faults


def _joint_faults(dataset: Dataset) -> list[str]:
    faults = []
    if not len(dataset.train_images):
        faults.append("there are no training images")
    test, train = dataset.test_images.shape[1:], dataset.train_images.shape[1:]
    if test != train:
        faults.append(f"test images {test} and training images {train} differ in shape")
    channels = dataset.train_images.shape[3]
    if any(len(values) not in {1, channels} for values in (dataset.preprocessing.mean, dataset.preprocessing.std)):
        faults.append(f"mean and std must hold one value or {channels}, one for each channel")
    return faults
