"""Long work on the model as it is now, a little at a time between two batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from .bench import Bench
from .posts import Reply
from .worker import Worker

SLICE = 0.03
"""Seconds of steps between two batches; a longer step is not cut."""


class Slices:
    """Work being done: `steps(model)` on a copy of the model that does not learn meanwhile.

    `callback` gets the last step of each slice, then what the generator returned, or the exception that ended it. While
    a network is trained, both have the same share of the time. Called on the GUI thread, but for what is said to run on
    the compute thread.
    """

    def __init__(
        self, kind: str, steps: Callable[[Any], Iterator[Any]], bench: Bench, worker: Worker,
        callback: Callable[[Any], None],
    ) -> None:  # fmt: skip
        self._kind, self._make = kind, steps
        self._bench, self._worker, self._callback = bench, worker, callback
        self._cancelled = self._over = False
        self._steps: Iterator[Any] | None = None
        self._rests_until = 0.0

    def begin(self) -> None:
        """Start; until then nothing is computed."""
        if not self._cancelled:
            self._worker.request(self._kind, self._advance, self._advanced)

    def cancel(self) -> None:
        """Take no further step, and tell nothing more."""
        self._cancelled = True

    def _tell(self, found: Any) -> None:
        if not self._cancelled:
            self._callback(found)

    # ---- on the compute thread

    def _advance(self) -> Any:
        """Some steps, and the last of them or the result; None while it is the run's turn."""
        start = time.perf_counter()
        if self._cancelled or (self._worker.advancing and start < self._rests_until):
            return None
        if self._steps is None:
            self._steps = self._make(self._model())
        try:
            found = next(self._steps)
            while not self._cancelled and time.perf_counter() - start < SLICE:
                found = next(self._steps)
        except StopIteration as end:
            self._over, found = True, end.value
        found = self._last(found)
        now = time.perf_counter()
        self._rests_until = now + (now - start)
        return found

    def _model(self) -> Any:
        """What is worked on."""
        return self._bench.still()

    def _last(self, found: Any) -> Any:
        """The step that is told of a slice, with what it takes to draw it."""
        return found

    def _advanced(self, found: Any) -> None:
        if found is not None:
            self._worker.tell(Reply(self._tell, found))
        if self._cancelled or self._over or isinstance(found, Exception):
            self._steps = None
        else:
            self._worker.request(self._kind, self._advance, self._advanced)
