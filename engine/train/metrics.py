"""What became of every sample of an evaluation, and the figures made of it: top-N, per class, hardest, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Bins of confidence, as Guo et al. 2017 (On Calibration of Modern Neural Networks) have them."""


@dataclass(frozen=True)
class ClassFigures:
    """One class: its images, the share of them recognised, the share of what was taken for it that belongs to it, and
    the harmonic mean of both. Shares that do not exist are None.
    """

    name: str
    images: int
    recall: float | None
    precision: float | None
    f1: float | None


@dataclass(frozen=True)
class Sample:
    """One image by its index in the split: its class, what it was taken for, and the probabilities of both."""

    index: int
    label: int
    given: int
    own: float
    confidence: float
    loss: float


@dataclass(frozen=True)
class Bin:
    """Images whose confidence lies above `low` up to `high`: how many, how sure on average, and how often right."""

    low: float
    high: float
    images: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """How far confidence and accuracy agree. `error` is the expected calibration error: the mean gap between both over
    the bins, each weighted by its images; `worst` is the largest gap (Guo et al. 2017, eq. 3 and 5).
    """

    error: float
    worst: float
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {**asdict(self), "bins": [asdict(one) for one in self.bins]}


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of each of N images: arrays (N,).

    `ranks` counts the classes that came before the right one; `given` is the class that came first, and `confidence`
    its probability; `own` is the right one's, as a logarithm. Equal scores rank in class order.
    """

    labels: NDArray[np.int64]
    given: NDArray[np.int64]
    ranks: NDArray[np.int64]
    own: NDArray[np.float64]
    confidence: NDArray[np.float64]

    @classmethod
    def of(cls, chances: NDArray[np.float64], labels: NDArray[np.int64]) -> Outcomes:
        """From logarithms of probabilities (N, K)."""
        every = np.arange(len(labels))
        given, own = chances.argmax(1), chances[every, labels]
        earlier = np.arange(chances.shape[1]) < labels[:, None]
        before: NDArray[np.bool_] = (chances > own[:, None]) | ((chances == own[:, None]) & earlier)
        return cls(labels, given, before.sum(1, dtype=np.int64), own, np.exp(chances[every, given]))

    @classmethod
    def joined(cls, parts: Sequence[Outcomes]) -> Outcomes:
        """Those of several batches, one after the other."""
        names = ("labels", "given", "ranks", "own", "confidence")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(-self.own.mean())

    def top(self, count: int) -> float:
        """Share of images whose class is among the so many that came first."""
        return float((self.ranks < count).mean())

    def confusion(self, classes: int) -> NDArray[np.int64]:
        """`[t, p]` counts images of class t that were taken for class p."""
        return np.bincount(self.labels * classes + self.given, minlength=classes**2).reshape(classes, classes)

    def per_class(self, names: Sequence[str]) -> tuple[ClassFigures, ...]:
        """Figures of every class."""
        from sklearn.metrics import precision_recall_fscore_support  # a second to load  # noqa: PLC0415

        every = np.arange(len(names))
        figures = precision_recall_fscore_support(self.labels, self.given, labels=every, zero_division=np.nan)
        return tuple(
            ClassFigures(name, int(images), number(recall), number(precision), number(f1))
            for name, precision, recall, f1, images in zip(names, *figures)
        )

    def hardest(self, count: int) -> tuple[Sample, ...]:
        """The images whose own class was given the least probability, the worst first."""
        return tuple(
            Sample(
                index=int(i),
                label=int(self.labels[i]),
                given=int(self.given[i]),
                own=float(np.exp(self.own[i])),
                confidence=float(self.confidence[i]),
                loss=float(-self.own[i]),
            )
            for i in np.argsort(self.own, kind="stable")[:count]
        )

    def calibration(self, bins: int = BINS) -> Calibration:
        """Images in bins of equal width by the probability of the class that came first."""
        place = np.clip(np.ceil(self.confidence * bins).astype(np.int64) - 1, 0, bins - 1)
        counts = np.bincount(place, minlength=bins)
        sums = (np.bincount(place, values, bins) for values in (self.confidence, self.given == self.labels))
        sure, right = (np.divide(total, counts, out=np.full(bins, np.nan), where=counts > 0) for total in sums)
        gaps = np.nan_to_num(np.abs(sure - right))
        rows = zip(counts, sure, right)
        return Calibration(
            error=float((gaps * counts).sum() / max(len(self), 1)),
            worst=float(gaps.max()),
            bins=tuple(Bin(i / bins, (i + 1) / bins, int(n), number(a), number(b)) for i, (n, a, b) in enumerate(rows)),
        )


def log_softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Logarithms of the probabilities that scores (N, K) stand for."""
    shifted = scores.astype(np.float64)
    shifted -= shifted.max(1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(1, keepdims=True))
    return shifted


def averaged(chances: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Logarithms of the mean of several probabilities, given as logarithms: of an ensemble, or of several views."""
    if len(chances) == 1:
        return chances[0]
    mean: NDArray[np.float64] = np.logaddexp.reduce(np.stack(chances)) - np.log(len(chances))
    return mean


def number(value: float) -> float | None:
    """A figure for JSON; None where there is none."""
    return float(value) if np.isfinite(value) else None
