"""The learning-rate range test: which rates a network can learn at (Smith 2017, §3.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..spec import ConvscopeError, ParameterError
from .checks import misfits
from .feed import Feed, shuffled
from .optimizer import SGD, Optimizer
from .optimizer import optimizer as find_optimizer
from .outcome import DivergedError
from .settings import TrainingError, in_a_list, suggested
from .snapshot import Snapshot
from .state import Progress
from .step import Stepper

if TYPE_CHECKING:
    from ..runtime.model import Model

STEPS = 100
LOWEST, HIGHEST = 1e-6, 10.0
_KEPT = 0.9  # of the running mean of the loss at each step
_DIVERGED = 4.0  # times the smallest smoothed loss: from there on the rates are too high
_FEWEST = 8  # steps that a slope can be read from
_REACH = 3  # neighbours to each side that a slope is taken from, at least


@dataclass(frozen=True)
class RangeTest:
    """Losses of one batch a rate, each before its step, and their running means. `suggestion` is None if none fell."""

    network: str
    dataset: str
    optimizer: str
    batch_size: int
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    """The rate at which the smoothed loss fell fastest, over the logarithm of the rate."""
    diverged: bool
    """Whether the test ended before the highest rate, because the loss grew."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def range_test(
    model: Model,
    dataset: Dataset,
    *,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    batch_size: int | None = None,
    optimizer: str | Optimizer = SGD.name,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> RangeTest:
    """Train for `steps` batches at rates from `lowest` to `highest`, in even ratios, and put the weights back.

    `progress` is told steps done and in all; it may raise to stop. TrainingError lists every reason why this cannot be
    done.
    """
    declared = _checked(model, dataset, lowest, highest, steps, optimizer)
    size = min(batch_size or suggested(len(dataset.train_images))[1], len(dataset.train_images))
    feed = Feed(dataset.train_images, dataset.train_labels, model.preprocessing, model.network.input)
    buffers = model.companions(declared.buffers)
    stepper, before = Stepper(model, feed, declared, buffers), Snapshot(model, buffers, Progress())
    rates = np.geomspace(lowest, highest, steps)
    losses: list[float] = []
    means: list[float] = []
    try:
        stepper.prepare(size)
        for number, rows in zip(range(steps), _batches(feed, size, seed)):
            losses.append(stepper.step(rows, number, declared, float(rates[number]))[0])
            means = smoothed(losses)
            if progress:
                progress(number + 1, steps)
            if means[-1] > _DIVERGED * min(means):
                break
    except DivergedError:
        pass  # the rate before was the last one
    finally:
        before.restore()
        feed.close()
    tried = tuple(rates[: len(losses)].tolist())
    found = suggestion(tried, means)
    names = model.network.name, dataset.name, str(declared), size
    return RangeTest(*names, tried, tuple(losses), tuple(means), found, len(losses) < steps)


def smoothed(losses: list[float]) -> list[float]:
    """Running means in which each loss counts a tenth, corrected for their start at zero."""
    mean, found = 0.0, []
    for count, loss in enumerate(losses, start=1):
        mean = _KEPT * mean + (1 - _KEPT) * loss
        found.append(mean / (1 - _KEPT**count))
    return found


def suggestion(rates: tuple[float, ...], means: list[float]) -> float | None:
    """The rate of the steepest fall before the smallest mean; None where nothing falls.

    Slopes are those of lines through the neighbourhood, since neighbours alone differ by what their batches show.
    """
    reach = max(_REACH, len(means) // 10)
    if len(means) <= 2 * reach:
        return None
    x, y = np.log(rates), np.asarray(means)
    centres = range(reach, min(int(y.argmin()) + 1, len(y) - reach))
    around = [slice(i - reach, i + reach + 1) for i in centres]
    slopes = [float(np.polyfit(x[part], y[part], 1)[0]) for part in around]
    if not slopes or min(slopes) >= 0:
        return None
    return rates[reach + int(np.argmin(slopes))]


def _batches(feed: Feed, size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Full batches in the order of epoch after epoch."""
    epoch = 0
    while True:
        order = shuffled(len(feed), seed, epoch)
        feed.follow(epoch, order, size)
        for start in range(0, len(feed) - size + 1, size):
            yield order[start : start + size]
        epoch += 1


def _checked(
    model: Model, dataset: Dataset, lowest: float, highest: float, steps: int, optimizer: str | Optimizer
) -> Optimizer:
    """The optimiser; TrainingError if anything is wrong."""
    reasons = misfits(model.network, dataset)
    if not 0 < lowest < highest <= 1000 or not math.isfinite(highest):
        reasons.append(f"rates go from {lowest:g} to {highest:g}, use a lower and a higher one between 0 and 1,000")
    if not _FEWEST <= steps <= 100_000:
        reasons.append(f"{steps} steps are asked for, use {_FEWEST} to 100,000")
    declared: Optimizer = SGD()
    try:
        declared = find_optimizer(optimizer)
    except ParameterError as error:
        reasons += error.reasons
    except ConvscopeError as error:
        reasons.append(in_a_list(error))
    if reasons:
        raise TrainingError(reasons)
    return declared
