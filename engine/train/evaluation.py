"""How well a model, or several together, do on a split: loss, top-N, confusion matrix, every image's outcome."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..data.dataset import Images
from ..runtime.compute import exclusive
from ..spec import ConvscopeError
from .checks import misfits
from .feed import Feed
from .localisation import box_node
from .localisation_figures import BoxTally, Localisation
from .metrics import Calibration, ClassFigures, Outcomes, averaged, log_softmax, number
from .step import EVALUATION_BATCH, Scorer
from .testing import feeds, views

if TYPE_CHECKING:
    from ..runtime.model import Model

Split = Literal["train", "test"]
TOP = 5


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures of a model on one split. `confusion[t, p]` counts images of class t that were taken for class p.

    `top5` is the share of images whose class is among the five highest scores. Equal scores rank in class order.
    `outcomes` has what became of every image: other top-N shares, the hardest images, calibration. Probabilities are
    means over `views` crops of each image. `boxes` are those of one model that gives some, of images whose boxes are
    known, seen as a whole.
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
    outcomes: Outcomes = field(repr=False)
    views: int = 1
    boxes: Localisation | None = field(default=None, repr=False)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of each class's images that were recognised; NaN for a class without images."""
        return _share(self.confusion.diagonal(), self.confusion.sum(1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the images taken for each class that belong to it; NaN for a class never given."""
        return _share(self.confusion.diagonal(), self.confusion.sum(0))

    @property
    def per_class(self) -> tuple[ClassFigures, ...]:
        """Images, recall, precision and F1 of every class."""
        return self.outcomes.per_class(self.classes)

    @property
    def calibration(self) -> Calibration:
        """How far the probabilities can be believed."""
        return self.outcomes.calibration()

    def to_dict(self, hardest: int = 0) -> dict[str, Any]:
        """The JSON form, with so many of the hardest images; shares that do not exist are null."""
        return {
            "network": self.network,
            "dataset": self.dataset,
            "split": self.split,
            "images": self.images,
            "views": self.views,
            "loss": number(self.loss),
            "top1": self.top1,
            "top5": self.top5,
            "classes": list(self.classes),
            "per_class": [{"class": row.pop("name"), **row} for row in map(asdict, self.per_class)],
            "calibration": self.calibration.to_dict(),
            "confusion": self.confusion.tolist(),
            "hardest": [asdict(sample) for sample in self.outcomes.hardest(hardest)],
        }


def evaluate(
    model: Model | Sequence[Model],
    dataset: Dataset,
    split: Split = "test",
    batch: int = EVALUATION_BATCH,
    progress: Callable[[int, int], None] | None = None,
    crops: int = 1,
    scales: int | Sequence[float] = 1,
) -> Evaluation:
    """Score every image of a split. `progress` is told images done and in all; it may raise to stop.

    Of several models, an ensemble, and of several crops of an image, the probabilities are averaged. `crops` is 1 or
    10, `scales` 1, 5 or factors: see `testing.views`. ConvscopeError lists every reason why a model cannot be used on
    this data set.
    """
    steps = evaluating(model, dataset, split, batch, crops, scales)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            found: Evaluation = end.value
            return found
        if progress:
            progress(done, total)


def evaluating(
    model: Model | Sequence[Model],
    dataset: Dataset,
    split: Split = "test",
    batch: int = EVALUATION_BATCH,
    crops: int = 1,
    scales: int | Sequence[float] = 1,
) -> Generator[tuple[int, int], None, Evaluation]:
    """`evaluate` a batch at a time: images done and in all after each; the generator's value is the Evaluation."""
    models = tuple(model) if isinstance(model, Sequence) else (model,)
    images, labels, boxes = (
        (dataset.train_images, dataset.train_labels, dataset.train_boxes)
        if split == "train"
        else (dataset.test_images, dataset.test_labels, dataset.test_boxes)
    )
    _check(models, dataset, split, len(images))
    scorers = [scorer for one in models for scorer in _scorers(one, images, labels, batch, crops, scales)]
    labels = np.asarray(labels, np.int64)
    parts: list[Outcomes] = []
    alone = len(scorers) == 1 and boxes is not None and box_node(models[0].network) is not None
    tally = BoxTally(models[0], boxes, (images.shape[1], images.shape[2])) if alone and boxes is not None else None
    try:
        for index in range(scorers[0][0].batches):
            rows, chances = _chances(scorers, index, labels, tally)
            parts.append(Outcomes.of(chances, labels[rows]))
            yield sum(map(len, parts)), len(images)
    finally:
        for scorer, _ in scorers:
            scorer.close()
    found = Outcomes.joined(parts)
    return Evaluation(
        network=" + ".join(one.network.name for one in models),
        dataset=dataset.name,
        split=split,
        images=len(found),
        loss=found.loss,
        top1=found.top(1),
        top5=found.top(TOP),
        classes=dataset.classes,
        confusion=found.confusion(len(dataset.classes)),
        outcomes=found,
        views=sum(count for _, count in scorers) // len(models),
        boxes=tally.figures() if tally else None,
    )


def _check(models: Sequence[Model], dataset: Dataset, split: Split, images: int) -> None:
    """ConvscopeError with every reason why these models cannot be evaluated."""
    if not models:
        raise ConvscopeError("There is no model to evaluate; give at least one.")
    names = " and ".join(dict.fromkeys(model.network.name for model in models))
    reasons = list(dict.fromkeys(reason for model in models for reason in misfits(model.network, dataset)))
    if not images:
        reasons.append(f"{dataset.name} has no {split} images")
    if reasons:
        raise ConvscopeError(f"{names} cannot be evaluated on {dataset.name}: {'; '.join(reasons)}.")


def _scorers(
    model: Model, images: Images, labels: NDArray[np.int64], batch: int, crops: int, scales: int | Sequence[float]
) -> list[tuple[Scorer, int]]:
    """A scorer for each view of the images, and how often it counts."""
    preprocessing, shape = model.preprocessing, model.network.input
    if crops == 1 and scales == 1:
        return [(Scorer(model, Feed(images, labels, preprocessing, shape), batch), 1)]
    given = (images.shape[1], images.shape[2])
    wanted = views(given, (shape[0], shape[1]), crops, scales, preprocessing.fit)
    made = feeds(images, labels, preprocessing, shape, wanted)
    return [(Scorer(model, feed, batch), count) for feed, count in zip(made, wanted.values())]


def _chances(
    scorers: Sequence[tuple[Scorer, int]], index: int, labels: NDArray[np.int64], boxes: BoxTally | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows (n,) of a batch and the logarithms of their classes' probabilities (n, K); their boxes are counted."""
    found = []
    for scorer, count in scorers:
        with exclusive:
            rows, scores = scorer.scores(index)
            found += [log_softmax(scores)] * count
            if boxes:
                boxes.add(rows, labels[rows], scores, scorer.box(len(rows)))
    return rows, averaged(found)


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
