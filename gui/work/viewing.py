"""What views ask of the model, the kernels, or a thread of their own; called on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .arriving import Arriving
from .bench import Bench
from .kernels import Kernels
from .looking import KIND as EXPLANATION
from .looking import Explanation, Wish
from .posts import Reply
from .slices import Slices
from .step_looks import StepLooks
from .worker import Worker

Work = Callable[[], Any]
Callback = Callable[[Any], None]


class Viewing:
    """Puts the requests of views to the compute thread, `worker`, or to the thread beside it, `aside`."""

    def __init__(self, bench: Bench, worker: Worker, aside: Worker, kernels: Kernels) -> None:
        self._bench, self._worker, self._aside, self._kernels = bench, worker, aside, kernels
        self._arriving = Arriving(bench, worker)

    def request(self, kind: str, work: Callable[[Any], Any], callback: Callback, computes: bool) -> None:
        """Have `work(model)` done between two batches; see `Session.request`."""
        if computes:
            self.compute(kind, lambda: self._bench.look(work), callback)
        else:
            self._look(kind, lambda: self._bench.look(work), callback)

    def compute(self, kind: str, work: Work, callback: Callback) -> None:
        """Have work with kernels done as soon as they are there."""
        self._kernels.then(kind, lambda: self._look(kind, work, callback))

    def consider(self, kind: str, work: Work, callback: Callback) -> None:
        """Have work done that needs neither model nor kernels."""
        self._aside.look(kind, work, lambda result: Reply(callback, result))

    def explain(self, wish: Wish, callback: Callback) -> Explanation:
        """Begin to look inside the model."""
        explanation = Explanation(wish, self._bench, self._worker, callback)
        self._kernels.then(EXPLANATION, explanation.begin)
        return explanation

    def slice(self, kind: str, steps: Callable[[Any], Iterator[Any]], callback: Callback) -> Slices:
        """Begin long work on the model as it is now."""
        slices = Slices(kind, steps, self._bench, self._worker, callback)
        self._kernels.then(kind, slices.begin)
        return slices

    def step_looks(self, callback: Callback) -> StepLooks:
        """Looks at single steps of runs, each when it is asked for."""
        return StepLooks(self._bench, self._worker, self._arriving, callback)

    def _look(self, kind: str, work: Work, callback: Callback) -> None:
        self._arriving.request(f"view {kind}", work, lambda result: self._worker.tell(Reply(callback, result)))
