"""A labelled set of images, in memory or read from files when wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..spec import ConvscopeError
from .preprocess import Preprocessing

if TYPE_CHECKING:
    from .boxes import Objects
    from .stream import ImageStream

Images: TypeAlias = "NDArray[np.uint8] | ImageStream"
"""Pixels (N, H, W, C): an array, or files that are read row by row and look like one."""


class DataError(ConvscopeError):
    """Images or labels cannot be used or obtained; the text names the file or array, the fact and the fix."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test images with their labels, and how a network should be given them.

    Images are (N, H, W, C) uint8 pixels, RGB or grey; labels are (N,) int64 indices into `classes`. There may be no
    test images (N = 0). Sets with boxes hold the largest box of each image in `train_boxes` and `test_boxes`, (N, 4)
    float32 x1, y1, x2, y2 in pixels of these images, and all of them in `train_objects` and `test_objects`.
    `warnings` are sentences about what was left out or is doubtful, `notes` about how pictures were brought to one
    size. DataError lists everything that does not fit together.
    """

    name: str
    train_images: Images = field(repr=False)
    train_labels: NDArray[np.int64] = field(repr=False)
    test_images: Images = field(repr=False)
    test_labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    train_boxes: NDArray[np.float32] | None = field(default=None, repr=False)
    test_boxes: NDArray[np.float32] | None = field(default=None, repr=False)
    train_objects: tuple[Objects, ...] | None = field(default=None, repr=False)
    test_objects: tuple[Objects, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(str(c) for c in self.classes))
        object.__setattr__(self, "warnings", tuple(self.warnings))
        object.__setattr__(self, "notes", tuple(self.notes))
        faults = [
            *_image_faults("training", self.train_images),
            *_image_faults("test", self.test_images),
            *_label_faults("training", self.train_labels, self.train_images, len(self.classes)),
            *_label_faults("test", self.test_labels, self.test_images, len(self.classes)),
            *_box_faults("training", self.train_boxes, len(self.train_labels)),
            *_box_faults("test", self.test_boxes, len(self.test_labels)),
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

    @property
    def streams(self) -> tuple[ImageStream, ...]:
        """Those of its images that are read from files when wanted."""
        both = (self.train_images, self.test_images)
        return tuple(images for images in both if not isinstance(images, np.ndarray))

    def late_warnings(self) -> list[str]:
        """What was found wrong with files since the last time this was asked: they are read during training."""
        return [text for stream in self.streams for text in stream.late_warnings()]

    def close(self) -> None:
        """End the threads that read files ahead; they start again when they are needed."""
        for stream in self.streams:
            stream.close()

    def split(self, fraction: float, seed: int = 0) -> Dataset:
        """The training images alone, a `fraction` of each class held out: those are the result's test images.

        For validation while the test images stay unseen. The choice depends on labels, fraction and seed.
        """
        from .splits import split  # splits make data sets  # noqa: PLC0415

        return split(self, fraction, seed)

    def subset(
        self,
        per_class: int | None = None,
        count: int | None = None,
        classes: Sequence[str] | None = None,
        rows: Sequence[int] | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Fewer training images; see `splits.subset`."""
        from .splits import subset  # noqa: PLC0415

        return subset(self, per_class, count, classes, rows, seed)


def _image_faults(which: str, images: Images) -> list[str]:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in {1, 3} or 0 in images.shape[1:]:
        return [f"{which} images are {images.dtype} {images.shape}, use uint8 (N, H, W, 1 or 3)"]
    return []


def _label_faults(which: str, labels: NDArray[np.int64], images: Images, classes: int) -> list[str]:
    if labels.dtype != np.int64 or labels.ndim != 1:
        return [f"{which} labels are {labels.dtype} {labels.shape}, use int64 (N,)"]
    faults = []
    if images.ndim and len(labels) != len(images):
        faults.append(f"there are {len(images):,} {which} images and {len(labels):,} labels, give each image one label")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        faults.append(f"{len(wrong):,} {which} labels are illegal (such as {wrong[0]}), use 0 to {classes - 1}")
    return faults


def _box_faults(which: str, boxes: NDArray[np.float32] | None, images: int) -> list[str]:
    if boxes is None:
        return []
    if boxes.dtype != np.float32 or boxes.shape != (images, 4):
        return [f"{which} boxes are {boxes.dtype} {boxes.shape}, use float32 ({images}, 4)"]
    bad = int((~(boxes[:, 2:] > boxes[:, :2]).all(1) | ~np.isfinite(boxes).all(1)).sum())
    return [f"{bad:,} {which} boxes are empty or not numbers, use x1 < x2 and y1 < y2"] if bad else []


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
