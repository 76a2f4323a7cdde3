"""A training run: an iterator of events that can be paused, changed, cancelled and resumed between any two of them."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..data.facts import doubts
from ..runtime.backend import DeviceLostError, NoMemoryError
from ..runtime.compute import exclusive
from ..spec import ConvscopeError
from . import diagnosis
from .controls import Controls
from .events import Batch, Ended, EndReason, Epoch, Evaluated, Event, Started, Warned
from .feed import Feed, shuffled
from .judged import Judged
from .localisation import box_node
from .localisation_figures import BoxTally
from .loss import Tally
from .memory import Demand, TooLargeError
from .metrics import Outcomes, log_softmax
from .mixup import share
from .outcome import DivergedError, Outcome
from .settings import Settings
from .snapshot import Snapshot
from .state import Progress, State
from .step import Scorer, Stepper
from .targets import Targets

if TYPE_CHECKING:
    from ..runtime.model import Model


_GENTLE_RATE = 0.01  # slow, but few networks diverge at it


class _Cancelled(Exception):  # noqa: N818 (a way out, no error)
    pass


class _Failed(Exception):  # noqa: N818 (likewise)
    pass


@dataclass(frozen=True)
class _Begun:
    """A batch whose step was begun: its images, its number in the run, in its epoch, and the epoch's."""

    rows: NDArray[np.int64]
    step: int
    batch: int
    epoch: int
    batches: int
    rate: float


class TrainRun(Iterator[Event]):
    """Trains a model on a data set: Started, Batch …, Evaluated …, Epoch, Batch …, and Ended at last, always.

    The run is a function of (seed, epoch, batch): the same seed gives the same bits, and so does a run resumed from
    `state()` and the weights of the same moment. Between two `next()` calls, and from any thread, settings may be
    changed (`learning_rate`, `momentum`, `weight_decay`, `batch_size`; `change` takes any by name, also "augment" and
    "frozen") and `cancel()` called. `train.fit` makes one, and checks everything first.

    A GPU is given the next step before the host knows what became of the last one. Events then come one step late, and
    the model is a step further than they say; `state()` is always that of the model.

    When training diverges, the weights of the last full epoch (or of the start) are put back before Ended is sent.
    """

    def __init__(
        self, model: Model, dataset: Dataset, settings: Settings, state: State | None = None,
        targets: Targets | None = None, notice: str = "",
    ) -> None:  # fmt: skip
        self.model, self.dataset = model, dataset
        self._notice = notice
        self._goals: tuple[Any, Any] = (dataset.train_labels, dataset.test_labels)
        if targets is not None:
            self._goals = (targets.train, targets.test)
        self.error: Exception | None = None
        """What ended the run with reason "error"."""
        self.judged: Judged | None = None
        """What became of every test image in the last full epoch; None before the first, and without test images."""
        self._progress = state.progress if state else Progress()
        self._buffers = model.companions(settings.optimizer.buffers, state.buffers if state else None)
        self._kept = state.best if state else None
        changes = state.changes if state else ()
        images = len(dataset.train_images)
        self._controls = Controls(model, settings, self._progress, images, changes, self._make_ready)
        self._best: Snapshot | None = None
        self._feeds: list[Feed] = []
        self._begun: deque[tuple[_Begun, Outcome]] = deque()
        self._known: deque[Batch] = deque()  # what became of them, not told yet
        self._last: _Begun | None = None
        self._clock = 0.0  # seconds of steps that no event has told
        self._fault: diagnosis.Fault | None = None
        self._failure: str | None = None
        self._cancelled = self._finished = False
        self._events: Generator[Event, None, None] = self._generate()

    # ---- between two events

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Drop the run without its Ended event; its model stays as it is."""
        self._events.close()

    def cancel(self) -> None:
        """End the run before the next batch, with an Ended event."""
        self._cancelled = True

    @property
    def finished(self) -> bool:
        """Whether the Ended event was sent."""
        return self._finished

    @property
    def settings(self) -> Settings:
        """The recipe as the next step follows it."""
        return self._controls.settings

    def change(self, setting: str, value: Any) -> None:
        """Change a setting by name as soon as it may; ConvscopeError if it is unknown or illegal."""
        self._controls.set(setting, value)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step. When it is set, the schedule goes on from there in proportion."""
        return float(self._controls.get("learning_rate"))

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._controls.set("learning_rate", value)

    @property
    def momentum(self) -> float:
        """The optimiser's momentum from the next step on."""
        return float(self._controls.get("momentum"))

    @momentum.setter
    def momentum(self, value: float) -> None:
        self._controls.set("momentum", value)

    @property
    def weight_decay(self) -> float:
        """The optimiser's weight decay from the next step on."""
        return float(self._controls.get("weight_decay"))

    @weight_decay.setter
    def weight_decay(self, value: float) -> None:
        self._controls.set("weight_decay", value)

    @property
    def batch_size(self) -> int:
        """Images a step. When it is set, it counts from the next epoch."""
        return int(self._controls.get("batch_size"))

    @batch_size.setter
    def batch_size(self, value: int) -> None:
        self._controls.set("batch_size", value)

    def state(self) -> dict[str, Any]:
        """What `fit(resume=…)` needs beside the weights of this moment: `{"meta": JSON, "arrays": {name: ndarray}}`."""
        try:
            while self._begun:
                self._learn()
        except Exception as error:  # what `next()` will tell; the run has gone back to its last good weights
            self._fail(error)
        settings, progress, changes = self._controls.now()
        belongs = self.dataset.name, len(self.dataset.train_images), self.model.seed
        kept = self._best.kept() if self._best else self._kept
        return State(settings, progress, dict(self._buffers), *belongs, changes, self.model.frozen, kept).to_dict()

    # ---- the run itself

    def _generate(self) -> Generator[Event, None, None]:
        reason: EndReason = "completed"
        try:
            yield from self._set_up()
            while self._progress.epoch < self.settings.epochs and not self._stops_early():
                yield from self._epoch()
            message = self._complete()
        except _Cancelled:
            reason, message = "cancelled", f"Stopped on request {self._place()}."
        except Exception as error:  # the end is always told, whatever happened
            reason, message = "error", self._fail(error)
        finally:  # also of a run that is dropped
            for feed in self._feeds:
                feed.close()
        self._finished = True
        yield self._ended(reason, message)

    def _set_up(self) -> Iterator[Event]:
        self._go_on_unless_cancelled()
        model, data, progress, settings = self.model, self.dataset, self._progress, self.settings
        self._test = Feed(data.test_images, self._goals[1], model.preprocessing, model.network.input)
        self._feeds = [self._test]
        self._scorer = Scorer(model, self._test)
        self._make_ready(settings)
        self._good = Snapshot(model, self._buffers, progress)
        self._best = Snapshot(model, self._buffers, progress, self._kept) if settings.early_stopping else None
        yield Started(
            network=model.network.name, dataset=data.name, parameters=model.parameters,
            train_images=len(self._train), test_images=len(self._test), epochs=settings.epochs,
            batch_size=settings.batch_size, batches=self._controls.batches,
            learning_rate=settings.optimizer.learning_rate, device=model.device, seed=settings.seed,
            epoch=progress.epoch, batch=progress.batch, step=progress.step,
        )  # fmt: skip
        yield from (Warned(text) for text in (self._notice, *doubts(data)) if text)

    def _make_ready(self, settings: Settings) -> None:
        """Have what the next epoch needs; ConvscopeError, with nothing changed, if it cannot be had."""
        model, data = self.model, self.dataset
        way = model.preprocessing, model.network.input
        feed = Feed(data.train_images, self._goals[0], *way, settings.augment, settings.seed)
        stepper = Stepper(model, feed, settings.optimizer, self._buffers, settings.loss, data.train_boxes)
        batch, demand = min(settings.batch_size, len(feed)), self._demand(settings, feed)

        def prepare() -> None:
            for size in demand.batches(batch):
                stepper.prepare(size)
            self._scorer.prepare()

        demand.prepare(batch, prepare, stepper.release)
        self._train, self._stepper = feed, stepper
        self._feeds = [self._test, feed]

    def _demand(self, settings: Settings, feed: Feed) -> Demand:
        return Demand(self.model, settings, len(feed), len(self.dataset.test_images), feed, self._buffers)

    def _epoch(self) -> Iterator[Event]:
        yield from self._before_batch()  # where another batch size begins to count
        order = shuffled(len(self._train), self.settings.seed, self._progress.epoch)
        self._train.follow(self._progress.epoch, order, self.settings.batch_size, self._progress.batch)
        while self._progress.batch < self._controls.batches:
            yield from self._before_batch()
            yield from self._train_batch(order)
        yield from self._told()
        tally, boxes = Tally(len(self.dataset.classes), self.settings.loss), self._box_tally()
        parts: list[Outcomes] = []
        for index in range(self._scorer.batches):
            yield from self._before_batch()
            yield self._test_batch(index, tally, boxes, parts)
        figures = self._figures(tally, boxes)
        if parts:
            self.judged = Judged(figures.epoch, Outcomes.joined(parts), boxes.figures() if boxes else None)
        self._close_epoch(figures)
        yield figures
        yield from (Warned(text) for text in self.dataset.late_warnings())

    def _close_epoch(self, figures: Epoch) -> None:
        progress, rule = self._progress, self.settings.early_stopping
        progress.plateau = self.settings.schedule.after(figures, progress.plateau)
        if rule:
            progress.stopping = rule.after(figures, progress.stopping)
        progress.close_epoch(figures)
        self._good.take()
        if self._best and not progress.stopping.since:
            self._best.take()

    def _before_batch(self) -> Iterator[Event]:
        if self._cancelled:
            yield from self._told()
        self._go_on_unless_cancelled()
        for event in self._controls.apply():
            yield from self._told()
            yield event

    def _go_on_unless_cancelled(self) -> None:
        if self._failure is not None:
            raise _Failed
        if self._cancelled:
            raise _Cancelled

    def _train_batch(self, order: NDArray[np.int64]) -> Iterator[Event]:
        """Begin a step, and tell what became of those before as far as the device should not wait for it."""
        began, progress, rate = time.perf_counter(), self._progress, self._controls.rate()
        start = progress.batch * self.settings.batch_size
        rows = order[start : start + self.settings.batch_size]
        place = progress.step, progress.batch + 1, progress.epoch + 1, self._controls.batches
        self._last = begun = _Begun(rows, *place, rate)
        part = share(self.settings.mixup, self.settings.seed, progress.step)
        outcome = self._stepper.begin(rows, progress.step, self._controls.optimizer, rate, part)
        progress.begin_batch(len(rows))
        self._begun.append((begun, outcome))
        self._clock += time.perf_counter() - began
        if notice := self._stepper.notice():
            yield Warned(notice)
        yield from self._told(self._stepper.ahead)

    def _told(self, ahead: int = 0) -> Iterator[Event]:
        """What became of the steps begun, up to so many that need not be known yet."""
        while self._known or len(self._begun) > ahead:
            if not self._known:
                self._learn()
            yield self._known.popleft()

    def _learn(self) -> None:
        """What became of the first of the steps begun."""
        began = time.perf_counter()
        self._last, outcome = last, _ = self._begun.popleft()
        loss, correct = outcome.read()
        images = len(last.rows)
        seconds, self._clock = self._clock + time.perf_counter() - began, 0.0
        self._progress.count(loss, correct, images)
        self._progress.seconds += seconds
        accuracy = math.nan if self.settings.loss.for_values else correct / images
        speed = images / max(seconds, 1e-9)
        place = last.epoch, last.batch, last.batches, last.step + 1
        self._known.append(Batch(*place, loss, accuracy, last.rate, speed))

    def _box_tally(self) -> BoxTally | None:
        """Where the boxes of the test images are gathered, if there are any and the network gives some."""
        data = self.dataset
        if data.test_boxes is None or not len(data.test_boxes) or box_node(self.model.network) is None:
            return None
        return BoxTally(self.model, data.test_boxes, data.image_shape[:2])

    def _test_batch(self, index: int, tally: Tally, boxes: BoxTally | None, parts: list[Outcomes]) -> Evaluated:
        began = time.perf_counter()
        with exclusive:
            rows, scores = self._scorer.scores(index)
            tally.add(scores, self._test.labels, rows)
            if not self.settings.loss.for_values:
                parts.append(Outcomes.of(log_softmax(scores), self._test.labels[rows]))
            if boxes:
                boxes.add(rows, self._test.labels[rows], scores, self._scorer.box(len(rows)))
        tally.seconds += time.perf_counter() - began
        return Evaluated(self._progress.epoch + 1, index + 1, self._scorer.batches)

    def _figures(self, test: Tally, boxes: BoxTally | None) -> Epoch:
        done, box = self._progress, boxes.figures() if boxes else None
        return Epoch(
            epoch=done.epoch + 1,
            train_loss=done.loss_sum / done.images,
            train_accuracy=None if self.settings.loss.for_values else done.correct / done.images,
            test_loss=test.loss if test.images else None,
            test_accuracy=None if math.isnan(test.accuracy) else test.accuracy,
            images_per_second=done.images / max(done.seconds, 1e-9),
            seconds=done.seconds + test.seconds,
            learning_rate=self._controls.rate(back=1),
            test_iou=box.iou if box else None,
            test_located=box.located if box else None,
        )

    # ---- its end

    def _stops_early(self) -> bool:
        rule = self.settings.early_stopping
        return rule is not None and rule.ends(self._progress.stopping)

    def _complete(self) -> str:
        """Go back to the best epoch if there was a better one than the last; what to say."""
        done, progress = f"{self._progress.epoch} epoch{'s' if self._progress.epoch > 1 else ''}", self._progress
        rule = self.settings.early_stopping
        if rule is None or self._best is None or not progress.stopping.since:
            return f"Completed {done}."
        begin = f"Stopped early after {done}" if self._stops_early() else f"Completed {done}"
        self._best.restore()
        progress.settle(self._controls.batches)
        return f"{begin}: the {rule.figure} was best in epoch {progress.epoch}, and its weights are back."

    def _place(self) -> str:
        progress = self._progress
        return f"after {progress.batch} of {self._controls.batches} batches of epoch {progress.epoch + 1}"

    def _fail(self, error: Exception) -> str:
        """Put things in order after an error; what to say."""
        if self._failure is None:
            self.error = error
            self._begun.clear()
            self._failure = self._explain(error)
        return self._failure

    def _explain(self, error: Exception) -> str:
        if isinstance(error, DivergedError) and self._last is not None:
            return self._back_from(error, self._last)
        if isinstance(error, DeviceLostError):
            return f"{error} The weights {self._restored()} are kept."
        if isinstance(error, NoMemoryError | MemoryError) and len(self._feeds) > 1:  # there is one to train with
            error.__traceback__ = error.__context__ = None  # they hold the plan that was being made or run
            self._stepper.release()
            batch = min(self.settings.batch_size, len(self.dataset.train_images))
            error = self.error = self._demand(self.settings, self._train).too_large(batch)
        if isinstance(error, ConvscopeError):
            return str(error)
        return f"Internal error {self._place()} ({type(error).__name__}: {error})."

    def _back_from(self, error: DivergedError, step: _Begun) -> str:
        """Find out why a step diverged, and go back to good weights."""
        self._fault = diagnosis.find(self.model, self._train, step.rows, step.step, error.place)
        cause = f"; {self._fault.text}" if self._fault else ""
        fix = f"use a lower learning rate than {step.rate:.3g}, such as {min(step.rate / 10, _GENTLE_RATE):.2g}"
        where = f"in epoch {step.epoch}, batch {step.batch}"
        return f"Training diverged {where}: {error}{cause}. The weights {self._restored()} are back; {fix}."

    def _restored(self) -> str:
        """Go back to the last good weights; which they are."""
        self._good.restore()
        progress = self._progress
        kept = f"of epoch {progress.epoch}" if progress.epoch else "from before training"
        return "from where the run was resumed" if progress.batch else kept

    def _ended(self, reason: EndReason, message: str) -> Ended:
        progress, last = self._progress, self._progress.last
        fits = self.error.fits if isinstance(self.error, TooLargeError) else None
        layer = self._fault.layer if self._fault else None
        if last is None:
            return Ended(reason, message, progress.epoch, progress.step, layer=layer, fits=fits)
        figures = (last.train_loss, last.train_accuracy, last.test_loss, last.test_accuracy, last.images_per_second)
        return Ended(reason, message, progress.epoch, progress.step, *figures, layer, fits)
