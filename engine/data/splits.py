"""Parts of data sets: drawn by seed, class by class, the same wherever they are drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .dataset import DataError, Dataset, Images


def held_out(labels: NDArray[np.int64], fraction: float, seed: int) -> NDArray[np.bool_]:
    """A mask of the rows drawn for the other side: a `fraction` of each class, rounded.

    Of a class with two rows or more at least one is drawn and one stays. Nothing is drawn for a fraction of 0.
    """
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels) if fraction > 0 else ():
        rows = _shuffled(np.flatnonzero(labels == label), seed, int(label))
        if len(rows) > 1:
            mask[rows[: min(max(round(len(rows) * fraction), 1), len(rows) - 1)]] = True
    return mask


def split(dataset: Dataset, fraction: float, seed: int = 0) -> Dataset:
    """See `Dataset.split`."""
    if not 0 < fraction < 1:
        raise DataError(f"The share to hold out is {fraction}; use a number between 0 and 1, such as 0.1.")
    mask = held_out(dataset.train_labels, fraction, seed)
    if not mask.any():
        raise DataError(f"No class of {dataset.name} has two training images, so none can be held out.")
    kept, other = np.flatnonzero(~mask), np.flatnonzero(mask)
    boxes, objects = dataset.train_boxes, dataset.train_objects
    return dataclasses.replace(
        rows_of(dataset, kept),
        test_images=_taken(dataset.train_images, other),
        test_labels=dataset.train_labels[other],
        test_boxes=None if boxes is None else boxes[other],
        test_objects=None if objects is None else tuple(objects[row] for row in other),
    )


def subset(
    dataset: Dataset,
    per_class: int | None = None,
    count: int | None = None,
    classes: Sequence[str] | None = None,
    rows: Sequence[int] | None = None,
    seed: int = 0,
) -> Dataset:
    """Fewer training images; the test images stay, but for classes that are left out.

    `rows` are the indices of those to keep, `classes` the names to keep (labels are counted anew), `per_class` how
    many of each class to draw and `count` how many in all, in proportion to the classes. All that are given count, in
    this order. Drawn rows keep their order.
    """
    found = dataset
    if rows is not None:
        found = rows_of(found, _checked_rows(dataset, rows))
    if classes is not None:
        found = _of_classes(found, classes)
    if per_class is not None:
        found = rows_of(found, _few(found, per_class, seed))
    if count is not None:
        found = rows_of(found, _in_proportion(found, count, seed))
    return found


def rows_of(dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    """The data set with these training rows alone."""
    boxes, objects = dataset.train_boxes, dataset.train_objects
    return dataclasses.replace(
        dataset,
        train_images=_taken(dataset.train_images, rows),
        train_labels=dataset.train_labels[rows],
        train_boxes=None if boxes is None else boxes[rows],
        train_objects=None if objects is None else tuple(objects[row] for row in rows),
    )


def _taken(images: Images, rows: NDArray[np.int64]) -> Images:
    return images[rows] if isinstance(images, np.ndarray) else images.take(rows)


def _shuffled(rows: NDArray[np.int64], seed: int, label: int) -> NDArray[np.int64]:
    """The rows of a class in an order that depends on the seed, the class and their number."""
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, label], np.uint64)))
    return rows[generator.permutation(len(rows))]


def _few(dataset: Dataset, per_class: int, seed: int) -> NDArray[np.int64]:
    if per_class < 1:
        raise DataError(f"{per_class} images a class were asked for; use 1 or more.")
    labels = dataset.train_labels
    drawn = [_shuffled(np.flatnonzero(labels == label), seed, int(label))[:per_class] for label in np.unique(labels)]
    return np.sort(np.concatenate(drawn))


def _in_proportion(dataset: Dataset, count: int, seed: int) -> NDArray[np.int64]:
    """`count` rows: classes by turns in the order of how far through their own images they are."""
    labels = dataset.train_labels
    if not 1 <= count <= len(labels):
        raise DataError(f"{count} of {len(labels):,} training images were asked for; use 1 to {len(labels):,}.")
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = _shuffled(np.flatnonzero(labels == label), seed, int(label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.sort(np.argsort(place, kind="stable")[:count])


def _of_classes(dataset: Dataset, names: Sequence[str]) -> Dataset:
    unknown = [name for name in names if name not in dataset.classes]
    if unknown or not names:
        raise DataError(f"{dataset.name} has no class {', '.join(unknown) or 'of no name'}; it has "
                        f"{', '.join(dataset.classes)}.")  # fmt: skip
    kept = [dataset.classes.index(name) for name in dict.fromkeys(names)]
    table = np.full(len(dataset.classes), -1, np.int64)
    table[kept] = np.arange(len(kept))
    train, test = (np.flatnonzero(table[labels] >= 0) for labels in (dataset.train_labels, dataset.test_labels))
    boxes, objects = dataset.test_boxes, dataset.test_objects
    if dataset.train_objects is not None:
        raise DataError(f"{dataset.name} has boxes, whose pictures may hold several classes; keep all classes.")
    found = rows_of(dataset, train)
    return dataclasses.replace(
        found,
        train_labels=table[found.train_labels],
        test_images=_taken(dataset.test_images, test),
        test_labels=table[dataset.test_labels[test]],
        test_boxes=None if boxes is None else boxes[test],
        test_objects=None if objects is None else tuple(objects[row] for row in test),
        classes=tuple(dataset.classes[index] for index in kept),
    )


def _checked_rows(dataset: Dataset, rows: Sequence[int]) -> NDArray[np.int64]:
    found = np.asarray(rows, np.int64).reshape(-1)
    total = len(dataset.train_labels)
    if not len(found) or found.min() < 0 or found.max() >= total:
        raise DataError(f"The rows to keep must be one or more of 0 to {total - 1}.")
    return found
