"""Linear classifiers and support vector machines on the features of a layer (Donahue et al. 2013, DeCAF)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..spec import ConvscopeError
from .checks import channel_misfit
from .features import features

if TYPE_CHECKING:
    from ..runtime.model import Model

_ROUNDS = 1000


@dataclass(frozen=True, eq=False)
class Fitted:
    """A classifier trained on features: how many there are, and the shares of images it gets right.

    `test_accuracy` is None without test images; `note` says what is doubtful. `arrays` holds the features and labels,
    `pipeline` is scikit-learn's, with the features' scaling in it.
    """

    layer: str
    classifier: str
    features: int
    train_accuracy: float
    test_accuracy: float | None
    note: str
    arrays: dict[str, NDArray[Any]] = field(repr=False)
    pipeline: Any = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: the figures."""
        return {name: value for name, value in vars(self).items() if name not in ("arrays", "pipeline")}


def fit_classifier(
    model: Model,
    dataset: Dataset,
    layer: str | None = None,
    classifier: str = "linear",
    pooled: bool = False,
    strength: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Train a "linear" classifier (logistic regression) or a linear "svm" on a layer's features of a data set.

    Features are brought to mean 0 and variance 1. `strength` is C: the smaller, the more weights are held back.
    `progress` is told images done and in all. ConvscopeError lists what is wrong.
    """
    _check(model, dataset, classifier, strength)
    counts = len(dataset.train_images), len(dataset.test_images)

    def told(before: int) -> Callable[[int, int], None] | None:
        return (lambda done, _: progress(before + done, sum(counts))) if progress else None

    train, test = (
        features(model, images, layer, pooled, progress=told(before)).reshape(len(images), -1)
        for images, before in ((dataset.train_images, 0), (dataset.test_images, counts[0]))
    )
    pipeline, note = _fitted(classifier, strength, train, dataset.train_labels)
    return Fitted(
        layer=layer or "",
        classifier=classifier,
        features=train.shape[1],
        train_accuracy=float(pipeline.score(train, dataset.train_labels)),
        test_accuracy=float(pipeline.score(test, dataset.test_labels)) if counts[1] else None,
        note=note,
        arrays={
            "train_features": train,
            "train_labels": dataset.train_labels,
            "test_features": test,
            "test_labels": dataset.test_labels,
        },
        pipeline=pipeline,
    )


def _check(model: Model, dataset: Dataset, classifier: str, strength: float) -> None:
    reasons = channel_misfit(model.network, dataset)
    if classifier not in ("linear", "svm"):
        reasons.append(f"there is no classifier {classifier!r}, use linear or svm")
    if not 0 < strength < np.inf:
        reasons.append(f"the strength is {strength}, use a positive number")
    if len(np.unique(dataset.train_labels)) < 2:
        reasons.append(f"the training images of {dataset.name} show one class only, give two or more")
    if reasons:
        raise ConvscopeError(f"No classifier can be trained: {'; '.join(reasons)}.")


def _fitted(classifier: str, strength: float, x: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[Any, str]:
    """The trained pipeline, and what is doubtful about it."""
    from sklearn.exceptions import ConvergenceWarning  # a second to load  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    machine = (
        LinearSVC(C=strength, max_iter=_ROUNDS, random_state=0)
        if classifier == "svm"
        else LogisticRegression(C=strength, max_iter=_ROUNDS)
    )
    pipeline = make_pipeline(StandardScaler(), machine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        pipeline.fit(x, labels)
    late = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return pipeline, f"not settled after {_ROUNDS} rounds" if late else ""
