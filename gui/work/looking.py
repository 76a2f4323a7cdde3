"""Looking inside the network by a method of the engine, a little at a time between two batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .bench import Bench
from .slices import Slices
from .worker import Worker

if TYPE_CHECKING:
    from convscope.engine.explain import Method, Progress

KIND = "explanation"  # of the requests, and of what waits for kernels

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

    def until_result(self, model: Any) -> Generator[Progress, None, Progress]:
        """The method's steps for a model; the last one, which holds the result, is returned."""
        for step in self.steps(model):
            if step.result is not None:
                return step
            yield step
        raise AssertionError(f"{self.method.name} ended without a result")


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


def picture_so_far(wish: Wish, step: Progress, network: str = "network") -> Any:
    """What a step shows already, as a Result without scores; None if it shows nothing yet.

    Methods tell of all their images; here there is one, whose axis is left out. `network` is the name of the network
    that is looked into.
    """
    from convscope.engine.explain import Result  # noqa: PLC0415

    array = step.partial
    if array is None:
        return None
    if len(array) == 1 and array.ndim > _AXES[wish.method.gives]:
        array = array[0]
    below = None if wish.image is None else np.asarray(wish.image, np.float32)
    fits = wish.method.gives == "heat map" and below is not None and below.shape[:2] == array.shape[:2]
    asked = {name: getattr(wish, name) for name in ("target", "layer", "unit", "seed")}
    config = {"network": network, **asked, **wish.method.values(), "step": step.step, "steps": step.steps}
    return Result(wish.method.name, wish.method.gives, array, below if fits else None, config)


class Explanation(Slices):
    """One wish being fulfilled; `callback` gets Progress, of which the last holds the result."""

    def __init__(self, wish: Wish, bench: Bench, worker: Worker, callback: Callable[[Any], None]) -> None:
        super().__init__(KIND, wish.until_result, bench, worker, callback)
        self.wish = wish

    # ---- on the compute thread

    def _model(self) -> Any:
        path = self.wish.path
        return opened(path, self._bench.device) if path else super()._model()

    def _last(self, found: Any) -> Any:
        found.partial  # noqa: B018 (made here, once for a slice, and not where it is drawn)
        return found
