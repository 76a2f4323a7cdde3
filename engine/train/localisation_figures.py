"""How well a network says what is in an image and where: intersection over union, and accuracy with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..runtime.compute import exclusive
from ..spec import ConvscopeError
from .checks import misfits
from .feed import Feed
from .localisation import FOUND, Boxes, box_node, decoded, from_input, iou, of_class
from .step import EVALUATION_BATCH, Scorer

if TYPE_CHECKING:
    from ..runtime.model import Model


@dataclass(frozen=True, eq=False)
class Localisation:
    """Figures of a split: the mean intersection over union of box and truth, the share of images in which it is at
    least a half (`found`), in which the class is right (`top1`), and in which both are so (`located`).

    `boxes` (N, 4) are those of the classes that the model takes the images for, in pixels of the images; `ious` (N,).
    """

    images: int
    iou: float
    found: float
    top1: float
    located: float
    boxes: Boxes = field(repr=False)
    ious: NDArray[np.float64] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: the figures."""
        return {name: value for name, value in asdict(self).items() if name not in ("boxes", "ious")}


class BoxTally:
    """Gathers what a network says of images whose boxes (N, 4) are known: one image at least, of size `given`."""

    def __init__(self, model: Model, truth: Boxes, given: tuple[int, int]) -> None:
        self._model, self._truth, self._given = model, truth, given
        self._boxes = np.zeros_like(truth)
        self._right = np.zeros(len(truth), bool)

    def add(self, rows: NDArray[np.int64], labels: NDArray[np.int64], scores: Boxes, values: Boxes) -> None:
        """Count the images `rows`, of these classes (n,), by scores (n, K) and numbers of boxes (n, 4) or (n, 4·K)."""
        best = scores.argmax(1)
        self._boxes[rows] = in_images(self._model, of_class(values, best), self._given)
        self._right[rows] = best == labels

    def figures(self) -> Localisation:
        """Those of all images."""
        ious = iou(self._boxes, self._truth)
        found = ious >= FOUND
        return Localisation(
            images=len(ious),
            iou=float(ious.mean()),
            found=float(found.mean()),
            top1=float(self._right.mean()),
            located=float((found & self._right).mean()),
            boxes=self._boxes,
            ious=ious,
        )


def in_images(model: Model, values: Boxes, given: tuple[int, int]) -> Boxes:
    """What the box's node says (n, 4), in pixels of images of this height and width."""
    size = (model.network.input[0], model.network.input[1])
    return from_input(decoded(values, *size), given, size, model.preprocessing)


def locate(model: Model, images: NDArray[Any], batch: int = 64) -> tuple[NDArray[np.float32], Boxes]:
    """Class probabilities (N, K) and boxes (N, 4) of the likeliest classes, for pixels 0–255 (N, h, w, C)."""
    node = _box_of(model)
    chances, found = [], []
    for start in range(0, len(images), batch):
        x = model.prepare(images[start : start + batch])
        with exclusive:
            plan = model.plan(len(x), "inference", (node,))
            plan.input[...] = x
            plan.forward()
            values = plan.value(node).copy()
        chances.append(model.probabilities(images[start : start + batch], batch))
        own = of_class(values, chances[-1].argmax(1))
        found.append(in_images(model, own, (images.shape[1], images.shape[2])))
    return np.concatenate(chances), np.concatenate(found)


def evaluate_boxes(
    model: Model,
    dataset: Dataset,
    split: str = "test",
    batch: int = EVALUATION_BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> Localisation:
    """Classes and boxes of every image of a split. `progress` is told images done and in all; it may raise to stop.

    ConvscopeError lists every reason why that is not possible.
    """
    part = (dataset.train_images, dataset.train_labels, dataset.train_boxes)
    images, labels, boxes = part if split == "train" else (dataset.test_images, dataset.test_labels, dataset.test_boxes)
    reasons = misfits(model.network, dataset)
    if box_node(model.network) is None:
        reasons.append(f"{model.network.name} has no box, see `localise`")
    if boxes is None or not len(boxes):
        reasons.append(f"{dataset.name} has no {split} boxes")
    if reasons or boxes is None:
        raise ConvscopeError(f"{model.network.name} cannot locate what {dataset.name} shows: {'; '.join(reasons)}.")
    scorer = Scorer(model, Feed(images, labels, model.preprocessing, model.network.input), batch)
    tally = BoxTally(model, boxes, (images.shape[1], images.shape[2]))
    try:
        for index in range(scorer.batches):
            with exclusive:
                rows, scores = scorer.scores(index)
                tally.add(rows, labels[rows], scores, scorer.box(len(rows)))
            if progress:
                progress(int(rows[-1]) + 1, len(images))
    finally:
        scorer.close()
    return tally.figures()


def _box_of(model: Model) -> str:
    node = box_node(model.network)
    if node is None:
        raise ConvscopeError(f"{model.network.name} has no box; attach one with `localise`.")
    return node
