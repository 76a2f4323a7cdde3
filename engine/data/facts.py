"""What can be said of a data set without training: sizes, balance, mean image, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset, Images

_CHUNK = 256
UNEVEN = 10  # times as many images as the rarest class: told


@dataclass(frozen=True, eq=False)
class Measured:
    """Mean and standard deviation a channel (C,), and the mean image (H, W, C): float64, in pixels 0–255."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    mean_image: NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """A data set in figures. `balance` is the largest class over the smallest that has any training image."""

    name: str
    image_shape: tuple[int, int, int]
    train_images: int
    test_images: int
    nbytes: int
    in_memory: bool
    boxes: int | None
    classes: tuple[tuple[str, int, int], ...]  # name, training images, test images
    balance: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        rows = [{"class": name, "train_images": train, "test_images": test} for name, train, test in self.classes]
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "image_shape": list(self.image_shape), "classes": rows, "warnings": list(self.warnings),
                "mean": list(self.mean), "std": list(self.std), "notes": list(self.notes)}  # fmt: skip


def describe(dataset: Dataset, measured: Measured | None = None) -> Facts:
    """The figures of a data set; reads every training image unless they were `measured` already."""
    found = measured or measure(dataset.train_images)
    train, test = dataset.class_counts, np.bincount(dataset.test_labels, minlength=len(dataset.classes))
    some = [count for count in train if count]
    objects = [o for part in (dataset.train_objects, dataset.test_objects) if part is not None for o in part]
    images = len(dataset.train_images) + len(dataset.test_images)
    return Facts(
        name=dataset.name,
        image_shape=dataset.image_shape,
        train_images=len(dataset.train_images),
        test_images=len(dataset.test_images),
        nbytes=images * int(np.prod(dataset.image_shape)),
        in_memory=not dataset.streams,
        boxes=None if dataset.train_boxes is None else sum(len(o.labels) for o in objects),
        classes=tuple(zip(dataset.classes, train, (int(n) for n in test))),
        balance=max(some) / min(some),
        mean=tuple(float(v) for v in found.mean),
        std=tuple(float(v) for v in found.std),
        notes=dataset.notes,
        warnings=(*doubts(dataset), *dataset.late_warnings()),
    )


def doubts(dataset: Dataset) -> list[str]:
    """Facts about the data that make the figures of a run doubtful."""
    counts = dict(zip(dataset.classes, dataset.class_counts))
    absent = [name for name, count in counts.items() if not count]
    found = list(dataset.warnings)
    if absent:
        found.append(f"No training image shows {', '.join(absent)}; the network cannot learn what it never sees.")
    if not len(dataset.test_images):
        found.append(f"{dataset.name} has no test images; accuracy is only known for the images trained on.")
    most, least = (choose((n for n in counts if counts[n]), key=counts.__getitem__) for choose in (max, min))
    if counts[most] >= UNEVEN * counts[least]:
        found.append(
            f"The classes are uneven: {counts[most]:,} training images of {most} and {counts[least]:,} of {least}; "
            "accuracy says little of the rare ones."
        )
    return found


def measure(images: Images) -> Measured:
    """Mean, deviation and mean image of all images, exactly: sums are whole numbers."""
    if not isinstance(images, np.ndarray):
        images.expect(np.arange(len(images)))
    for _, found in measuring(images):  # noqa: B007
        pass
    return found


def measuring(images: Images, chunk: int = _CHUNK) -> Iterator[tuple[int, Measured]]:
    """`measure` part by part: the number of images seen, from the first on, and their figures; at least one image.

    What a stream reads ahead is left as it is, for others may be training with it.
    """
    shape = images.shape[1:]
    total, squares = np.zeros(shape, np.uint64), np.zeros(shape[2], np.uint64)
    for start in range(0, len(images), chunk):
        part = images[start : start + chunk]
        total += part.sum(0, dtype=np.uint64)
        squares += np.square(part, dtype=np.uint32).sum((0, 1, 2), dtype=np.uint64)
        done = start + len(part)
        values = done * shape[0] * shape[1]
        mean = total.sum((0, 1)).astype(np.float64) / values
        std = np.sqrt(np.maximum(squares.astype(np.float64) / values - mean**2, 0))
        yield done, Measured(mean, std, total.astype(np.float64) / done)
