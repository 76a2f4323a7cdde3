"""Looking inside the network by a method of the engine, a little at a time between two batches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .bench import Bench
from .posts import Reply
from .worker import Worker

if TYPE_CHECKING:
    from convscope.engine.explain import Method, Progress

KIND = "explanation"  # of the requests, and of what waits for kernels
SLICE = 0.03
"""Seconds of steps between two batches, and between two pictures; a longer step is not cut."""

_AXES = {"heat map": 2, "image": 3, "maps": 3, "sequence": 4, "table": 2}
"""At least so many axes has the array of a result of one image."""


@dataclass(frozen=True)
class Wish:
    """A method with its parameters, and what it is asked; the names are those of `convscope.engine.explain`."""

    method: Method
    image: Any = None
    target: int | None = None
    layer: str | None = None
    unit: int | tuple[int, ...] | None = None
    seed: int = 0
    second_image: Any = None
    path: str = ""
    """The model file that is looked into; "" for the session's model."""

    def steps(self, model: Any) -> Iterator[Progress]:
        """The method's steps for a model. ConvscopeError if it cannot be asked this."""
        from convscope.engine import explain  # noqa: PLC0415

        given = {name: getattr(self, name) for name in ("image", "target", "layer", "unit", "seed", "second_image")}
        found: Iterator[Progress] = getattr(explain, self.method.name).steps(model, **given, **self.method.values())
        return found


def opened(path: str, device: str) -> Any:
    """The model of a file on a device, read once; to be called on the compute thread."""
    return _read(path, os.stat(path).st_mtime_ns, device)


@lru_cache(maxsize=1)
def _read(path: str, _changed: int, device: str) -> Any:
    from convscope.engine import load  # noqa: PLC0415

    return load(path, device)


def methods() -> dict[str, type[Method]]:
    """The declarations of all methods by name. The first call loads the engine, which takes seconds."""
    from convscope.engine.explain import METHODS  # noqa: PLC0415

    return METHODS


def picture_so_far(wish: Wish, step: Progress) -> Any:
    """What a step shows already, as a Result without scores; None if it shows nothing yet.

    Methods tell of all their images; here there is one, whose axis is left out.
    """
    from convscope.engine.explain import Result  # noqa: PLC0415

    array = step.partial
    if array is None:
        return None
    if len(array) == 1 and array.ndim > _AXES[wish.method.gives]:
        array = array[0]
    below = None if wish.image is None else np.asarray(wish.image, np.float32)
    fits = wish.method.gives == "heat map" and below is not None and below.shape[:2] == array.shape[:2]
    return Result(wish.method.name, wish.method.gives, array, below if fits else None, {})


class Explanation:
    """One wish being fulfilled. Called on the GUI thread, except for what is said to run on the compute thread.

    `callback` gets Progress, of which the last holds the result, or the exception that ended it. While a network is
    trained, both have the same share of the time. The model looked at is a copy: it does not learn meanwhile.
    """

    def __init__(self, wish: Wish, bench: Bench, worker: Worker, callback: Callable[[Any], None]) -> None:
        self.wish = wish
        self._bench, self._worker, self._callback = bench, worker, callback
        self._cancelled = False
        self._steps: Iterator[Progress] | None = None
        self._rests_until = 0.0

    def begin(self) -> None:
        """Start; until then nothing is computed."""
        if not self._cancelled:
            self._worker.request(KIND, self._advance, self._advanced)

    def cancel(self) -> None:
        """Take no further step, and tell nothing more."""
        self._cancelled = True

    def _tell(self, found: Any) -> None:
        if not self._cancelled:
            self._callback(found)

    # ---- on the compute thread

    def _advance(self) -> Progress | None:
        """Some steps, and the last of them; None while it is the run's turn."""
        start = time.perf_counter()
        if self._cancelled or (self._worker.advancing and start < self._rests_until):
            return None
        if self._steps is None:
            path = self.wish.path
            self._steps = self.wish.steps(opened(path, self._bench.device) if path else self._bench.still())
        step = next(self._steps)
        while step.result is None and not self._cancelled and time.perf_counter() - start < SLICE:
            step = next(self._steps)
        step.partial  # noqa: B018 (made here, once for a slice, and not where it is drawn)
        now = time.perf_counter()
        self._rests_until = now + (now - start)
        return step

    def _advanced(self, found: Any) -> None:
        if found is not None:
            self._worker.tell(Reply(self._tell, found))
        over = isinstance(found, Exception) or (found is not None and found.result is not None)
        if self._cancelled or over:
            self._steps = None
        else:
            self._worker.request(KIND, self._advance, self._advanced)
