"""Looks at single steps of a run: what one batch did to the weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .arriving import Arriving, timed
from .bench import Bench
from .posts import Reply
from .worker import Worker

_KIND = "step of the run"


class StepLooks:
    """Notes the weights before a batch and compares them after it; `callback` gets StepFacts of the engine and the
    seconds that all looks since the last have taken.

    Each look costs the time of two samples of the weights, which counts as time of views. While a run rests, a look
    compares what a single step has done since the look before.
    """

    def __init__(self, bench: Bench, worker: Worker, arriving: Arriving, callback: Callable[[Any], None]) -> None:
        self._bench, self._worker, self._arriving, self._callback = bench, worker, arriving, callback
        self._watch: Any = None
        self._begun = (0, -1)  # serial of the model and steps, when the weights were noted
        self._seconds = 0.0

    def look(self) -> None:
        """Look at the next step that is taken; called on the GUI thread."""
        self._arriving.request(_KIND, self._at_gap, self._between)

    # ---- on the compute thread

    def _at_gap(self) -> Any:
        """What the step behind us did, if the weights were noted before it; they are noted for the next one."""
        start = time.perf_counter()
        found = self._bench.look(self._compare)
        self._seconds += time.perf_counter() - start
        return None if found is None else timed(lambda: found)

    def _compare(self, model: Any) -> Any:
        from convscope.engine.train.internals import StepWatch  # noqa: PLC0415

        info = self._bench.info
        place = (info.serial, info.steps) if info is not None else (0, -1)
        if place == self._begun:
            return None
        if self._watch is None:
            self._watch = StepWatch()
        after = place == (self._begun[0], self._begun[1] + 1)
        facts = self._watch.end(model, place[1]) if after else None
        self._watch.begin(model)
        self._begun = place
        return facts

    def _between(self, found: Any) -> None:
        if isinstance(found, Exception):
            self._worker.tell(Reply(self._callback, found))
        elif found is not None:
            (facts, reading), asking = found, self._seconds
            self._seconds = 0.0
            self._worker.tell(Reply(self._callback, (facts, asking + reading)))
        elif self._worker.advancing:
            self._arriving.request(_KIND, self._at_gap, self._between)
