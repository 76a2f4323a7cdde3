"""An optimiser's step on the weights of a model that a GPU trains."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...runtime.binding import Array, Call
from ...runtime.companions import Companions
from ...runtime.mirror import Mirror
from . import cuda
from .base import Optimizer
from .update import NO_DIVISION

if TYPE_CHECKING:
    from ...runtime.model import Model

Parts = tuple[tuple[int, int], ...]


class CudaUpdate:
    """The kernel of an optimiser, bound to a model's arrays on the GPU and to the `figures` of its steps."""

    def __init__(self, model: Model, optimizer: Optimizer, buffers: Companions, figures: Array) -> None:
        self._backend, self._arrays = model.backend, model.trained_arrays
        self._kernel, self._names = getattr(cuda, optimizer.kernel), optimizer.buffers
        self._buffers, self._figures = buffers, figures
        self._numbers = Mirror(self._backend.zeros(cuda.COMMON + len(optimizer.scalars(0.0, 1))), self._backend)
        self._workers = self._backend.threads()
        self._made: dict[Hashable, list[Call]] = {}

    def prepare(self, optimizer: Optimizer, rate: float, step: int, parts: Sequence[slice]) -> Hashable:
        """Send the numbers of step number `step`, the first being 1, in these parts; what its launches depend on."""
        limit, most = optimizer.clip_value or math.inf, optimizer.clip_norm
        numbers = (most or 1.0, limit, *optimizer.decays(rate), *optimizer.scalars(rate, step))
        self._numbers.outgoing[:] = numbers
        self._numbers.send()
        self._buffers.on_device  # noqa: B018  has what was assigned to them
        spans = tuple((part.start, part.stop) for part in parts)
        self._key = (most > 0, optimizer.decay_all, spans)
        if self._key not in self._made:
            self._made[self._key] = [*(self._clipping(spans) if most else ()), *self._steps(spans, optimizer.decay_all)]
        return self._key

    def launch(self) -> None:
        """The step's calls."""
        for call in self._made[self._key]:
            call()

    def written(self) -> None:
        """The calls have been made."""
        self._buffers.written()

    def _steps(self, parts: Parts, decay_all: bool) -> list[Call]:
        weights, gradients, decays = self._arrays
        buffers = [self._buffers.on_device[name] for name in self._names]
        arrays = (weights, gradients, self._ones if decay_all else decays, *buffers, self._numbers.device)
        return [self._call(self._kernel, *arrays, *part, self._figures) for part in parts]

    def _clipping(self, parts: Parts) -> list[Call]:
        """The length of the gradient of all weights in these parts together, and the factor that shortens it."""
        sums = self._backend.zeros(self._workers * len(parts), "float64")
        numbers, calls = self._numbers.device, []
        for place, part in enumerate(parts):
            own = sums[place * self._workers : (place + 1) * self._workers]
            calls.append(self._call(cuda.sum_squares, self._arrays[1], numbers, *part, own, self._workers))
        return [*calls, self._call(cuda.shorten, sums, len(sums), numbers, NO_DIVISION)]

    def _call(self, kernel: Any, *args: Any) -> Call:
        return Call(kernel, args, self._backend.build(kernel, 1))

    @cached_property
    def _ones(self) -> Any:
        """A mask for weight decay of all weights."""
        ones = Mirror(self._backend.zeros(len(self._arrays[0])), self._backend)
        ones.outgoing[:] = np.float32(1)
        ones.send()
        return ones.device
