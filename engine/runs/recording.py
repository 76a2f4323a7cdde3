"""A training run that is written down while it goes on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..io import FileError
from ..train.events import Batch, Ended, Epoch, Evaluated, Event, Started, Warned
from .checkpoints import BEST, named_after
from .folder import RunFolder
from .intervals import Clock
from .keeping import Keeping
from .log import EventLog
from .merit import Merit, merit_of
from .snapshots import SnapshotWriter

if TYPE_CHECKING:
    from filelock import FileLock

    from ..train import TrainRun


class Recording(Iterator[Event]):
    """The events of `training`, each passed on when it is in the run's folder.

    A disk that is full or gone does not stop the training: a Warned event says so once, what could not be written is
    tried again, and at the end the model is put elsewhere if need be. `RunStore` makes recordings.
    """

    def __init__(
        self,
        folder: RunFolder,
        training: TrainRun,
        lock: FileLock,
        keeping: Keeping,
        snapshots: SnapshotWriter,
        best: Merit | None = None,
    ) -> None:
        self.id, self.folder, self.training = folder.id, folder, training
        self._lock = lock
        self._keeping = keeping
        self._snapshots = snapshots
        self._best = best
        self._log = EventLog(folder.events_path)
        self._clock, self._camera = Clock(*keeping.checkpoints), Clock(*keeping.snapshots)
        self._written = training.state()["meta"]["progress"]["step"]
        self._told: set[str] = set()
        self._notices: list[str] = []
        self._closed = False
        self._events: Generator[Event, None, None] = self._generate()

    def __next__(self) -> Event:
        return next(self._events)

    def cancel(self) -> None:
        """End the run before the next batch, with an Ended event."""
        self.training.cancel()

    def close(self) -> None:
        """Leave the run as it stands; it can be resumed from its last checkpoint."""
        self._events.close()
        self._close()

    def note(self, line: dict[str, Any]) -> None:
        """Write a line of the store's own into the log."""
        self._log.write(line)

    def warn(self, message: str) -> None:
        """Have the run's events begin with this warning."""
        self._notices.append(message)

    # ---- inside

    def _generate(self) -> Generator[Event, None, None]:
        try:
            for told in self.training:
                event = replace(told, run=self.id) if isinstance(told, Started) else told
                if isinstance(event, Ended):
                    yield from self._finish(event)
                self._note(event)
                yield from self._after(event)
                if isinstance(event, Ended):
                    self._close()  # who hears of the end may list the run, go on with it or remove it at once
                yield event
                yield from (self._warned(self._notices.pop(0)) for _ in self._notices[:])
        finally:
            self._close()

    def _note(self, event: Event) -> None:
        if not isinstance(event, Evaluated):  # one for each batch of the test: progress, and no figures
            self._log.write(event.to_dict())

    def _warned(self, message: str) -> Warned:
        warned = Warned(message)
        self._note(warned)
        return warned

    def _after(self, event: Event) -> Iterator[Event]:
        """What is to be written before an event is passed on."""
        if isinstance(event, Started) and self._keeping.snapshots and not event.step:
            yield from self._snapshot()
        if isinstance(event, (Batch, Epoch)):
            better = isinstance(event, Epoch) and self._is_better(event)
            if self._clock.due(event) or better:
                yield from self._checkpoint(better)
            if self._camera.due(event):
                yield from self._snapshot()
        yield from self._complaint("log", None if self._log.error is None else FileError(
            self.folder.events_path, [f"was not written ({self._log.error.strerror or self._log.error})"]
        ))  # fmt: skip

    def _is_better(self, epoch: Epoch) -> bool:
        merit = merit_of(epoch.to_dict())
        if self._best is not None and merit <= self._best:
            return False
        self._best = merit
        return True

    def _checkpoint(self, better: bool = False) -> Iterator[Event]:
        """Renew the last checkpoint, the best one if this is better, and keep what is to be kept."""
        state, checkpoints = self.training.state(), self.folder.checkpoints
        step = state["meta"]["progress"]["step"]
        names = [BEST] if better else []
        names += [named_after(step)] if self._keeping.earlier != 0 else []
        self._log.sync()
        if checkpoints.write(self.training.model, state, *names):
            self._written = step
            checkpoints.thin(self._keeping.earlier)
        yield from self._complaint("checkpoint", checkpoints.error)

    def _snapshot(self) -> Iterator[Event]:
        try:
            self._snapshots.write(self.training.model, self.training.state()["meta"]["progress"])
        except FileError as error:
            yield from self._complaint("snapshot", error)
        else:
            self._told.discard("snapshot")

    def _complaint(self, kind: str, error: FileError | None) -> Iterator[Event]:
        """A warning when writing begins to fail; none while it goes on failing."""
        if error is None:
            self._told.discard(kind)
        elif kind not in self._told:
            self._told.add(kind)
            yield self._warned(f"{error} Training goes on and will try again.")

    def _finish(self, ended: Ended) -> Iterator[Event]:
        """The end's own checkpoint, so that nothing that was learned is lost."""
        checkpoints = self.folder.checkpoints
        if ended.reason != "error" and (ended.step != self._written or checkpoints.error is not None):
            yield from self._checkpoint()
        if checkpoints.error is not None:
            training = self.training
            place = checkpoints.rescue(training.model, training.state(), self.id)
            kept = f"was kept in {place} instead" if place else "could not be kept anywhere else either"
            yield self._warned(f"{checkpoints.error} The model {kept}.")
        if self._keeping.snapshots and ended.reason == "completed":
            yield from self._snapshot()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self.training.close()
            self._log.close()
            self._lock.release()
