"""How well a model does on a split: loss, top-1, top-5, confusion matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..runtime.compute import exclusive
from ..spec import ConvscopeError
from .checks import misfits
from .feed import Feed
from .loss import Tally
from .step import EVALUATION_BATCH, Scorer

if TYPE_CHECKING:
    from ..runtime.model import Model

Split = Literal["train", "test"]
TOP = 5


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures of a model on one split. `confusion[t, p]` counts images of class t that were taken for class p.

    `top5` is the share of images whose class is among the five highest scores. Equal scores rank in class order.
    """

    network: str
    dataset: str
    split: Split
    images: int
    loss: float
    top1: float
    top5: float
    classes: tuple[str, ...]
    confusion: NDArray[np.int64]

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of each class's images that were recognised; NaN for a class without images."""
        return _share(self.confusion.diagonal(), self.confusion.sum(1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the images taken for each class that belong to it; NaN for a class never given."""
        return _share(self.confusion.diagonal(), self.confusion.sum(0))

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; shares that do not exist are null."""
        shares = zip(self.classes, self.recall, self.precision)
        return {
            "network": self.network,
            "dataset": self.dataset,
            "split": self.split,
            "images": self.images,
            "loss": _number(self.loss),
            "top1": self.top1,
            "top5": self.top5,
            "classes": list(self.classes),
            "per_class": [{"class": name, "recall": _number(r), "precision": _number(p)} for name, r, p in shares],
            "confusion": self.confusion.tolist(),
        }


def evaluate(
    model: Model,
    dataset: Dataset,
    split: Split = "test",
    batch: int = EVALUATION_BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score every image of a split. `progress` is told images done and in all; it may raise to stop.

    ConvscopeError lists every reason why the model cannot be used on this data set.
    """
    images, labels = (
        (dataset.train_images, dataset.train_labels) if split == "train" else (dataset.test_images, dataset.test_labels)
    )
    reasons = misfits(model.network, dataset)
    if not len(images):
        reasons.append(f"{dataset.name} has no {split} images")
    if reasons:
        raise ConvscopeError(f"{model.network.name} cannot be evaluated on {dataset.name}: {'; '.join(reasons)}.")
    count, classes = len(images), len(dataset.classes)
    feed = Feed(images, labels, model.preprocessing, model.network.input)
    scorer, tally = Scorer(model, feed, batch), Tally(classes)
    confusion, in_top = np.zeros((classes, classes), np.int64), 0
    for index in range(scorer.batches):
        with exclusive:
            rows, scores = scorer.scores(index)
            tally.add(scores, feed.labels, rows)
            ranks, best = _ranks(scores, feed.labels[rows]), scores.argmax(1)
        np.add.at(confusion, (feed.labels[rows], best), 1)
        in_top += int((ranks < TOP).sum())
        if progress:
            progress(tally.images, count)
    return Evaluation(
        model.network.name,
        dataset.name,
        split,
        count,
        tally.loss,
        tally.accuracy,
        in_top / count,
        dataset.classes,
        confusion,
    )


def _ranks(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many classes rank before the right one, by score and then by number."""
    own = scores[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(scores.shape[1]) < labels[:, None]
    before: NDArray[np.bool_] = (scores > own) | ((scores == own) & earlier)
    return before.sum(1, dtype=np.int64)


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
