"""How far a run is, how fast it goes and how long it will take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from convscope.engine.train.events import Batch, Epoch, Started

_WINDOW = 400  # gaps between batches that the speed is taken from
_TRIM = 0.1  # share of the fastest and of the slowest gaps that is left out


@dataclass(frozen=True)
class Progress:
    """One line on a run: counts from 1 for people, speeds per second, times in seconds."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    step: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float | None
    seconds_left: float | None

    @property
    def fraction(self) -> float:
        """Share of the run's batches that is done, 0 to 1."""
        return ((self.epoch - 1) * self.batches + self.batch) / max(self.epochs * self.batches, 1)


class Estimator:
    """Speed and time left, from the times at which batches ended.

    The mean of the gaps between batches, without the fastest and slowest tenth: one slow batch (a kernel being
    compiled, a laptop going to sleep) does not disturb it. The gap over an evaluation or a pause is left out; what
    evaluations cost is counted apart, for each epoch to come.
    """

    def __init__(self, started: Started) -> None:
        self._started = started
        self._gaps: deque[float] = deque(maxlen=_WINDOW)
        self._evaluations: deque[float] = deque(maxlen=5)
        self._last: float | None = None
        self._loss = self._accuracy = 0.0
        self._seen = 0

    def interrupt(self) -> None:
        """Do not count the time until the next batch: the run is paused."""
        self._last = None

    def add_batch(self, event: Batch, when: float) -> None:
        if self._last is not None:
            self._gaps.append(when - self._last)
        self._last = when
        if event.batch <= 1:
            self._loss = self._accuracy = 0.0
            self._seen = 0
        self._seen += 1
        self._loss += (event.loss - self._loss) / self._seen
        self._accuracy += (event.accuracy - self._accuracy) / self._seen

    def add_epoch(self, event: Epoch, when: float) -> None:
        if self._last is not None:
            self._evaluations.append(when - self._last)
        self._last = None

    def seconds_per_batch(self) -> float | None:
        """Trimmed mean; None until two batches are done."""
        if not self._gaps:
            return None
        gaps = np.sort(np.fromiter(self._gaps, float))
        cut = int(len(gaps) * _TRIM)
        return float(gaps[cut : len(gaps) - cut].mean())

    def progress(self, event: Batch) -> Progress:
        """The summary after this batch. Loss and accuracy are means over the epoch so far."""
        pace = self.seconds_per_batch()
        return Progress(
            epoch=event.epoch,
            epochs=self._started.epochs,
            batch=event.batch,
            batches=event.batches,
            step=event.step,
            loss=self._loss,
            accuracy=self._accuracy,
            learning_rate=event.learning_rate,
            images_per_second=self._started.batch_size / pace if pace else None,
            seconds_left=self._left(event, pace),
        )

    def _left(self, event: Batch, pace: float | None) -> float | None:
        if pace is None:
            return None
        epochs = self._started.epochs - event.epoch
        batches = event.batches - event.batch + epochs * event.batches
        evaluation = float(np.median(self._evaluations)) if self._evaluations else 0.0
        return batches * pace + (epochs + 1) * evaluation
