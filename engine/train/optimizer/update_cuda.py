"""An optimiser's step on the weights of a model that a GPU trains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...runtime.companions import Companions
from ...runtime.mirror import Mirror
from . import cuda
from .base import Optimizer
from .update import clipping

if TYPE_CHECKING:
    from ...runtime.model import Model


class CudaUpdate:
    """The kernel of an optimiser, bound to a model's arrays on the GPU."""

    def __init__(self, model: Model, optimizer: Optimizer, buffers: Companions) -> None:
        self._backend, self._arrays = model.backend, model.trained_arrays
        self._kernel, self._names = getattr(cuda, optimizer.kernel), optimizer.buffers
        self._buffers = buffers
        self._numbers = Mirror(self._backend.zeros(cuda.COMMON + len(optimizer.scalars(0.0, 1))), self._backend)
        self._bad = Mirror(self._backend.zeros(1, "int32"), self._backend)
        self._workers = self._backend.threads()
        self._sums = Mirror(self._backend.zeros(self._workers, "float64"), self._backend)

    def __call__(self, optimizer: Optimizer, rate: float, step: int, parts: Sequence[slice]) -> int:
        """Make step number `step`, the first being 1, in these parts; how many weights are not finite afterwards."""
        limit = optimizer.clip_value or math.inf
        decay, shrinking = optimizer.decays(rate)
        self._numbers.outgoing[:] = 1.0, limit, decay, shrinking, *optimizer.scalars(rate, step)
        self._numbers.send()
        if optimizer.clip_norm:
            scale = clipping(self._norm(parts), optimizer.clip_norm)
            self._numbers.outgoing[0] = scale
            self._numbers.send()
        self._bad.outgoing[0] = 0
        self._bad.send()
        weights, gradients, decays = self._arrays
        buffers = [self._buffers.on_device[name] for name in self._names]
        mask = self._ones if optimizer.decay_all else decays
        for part in parts:
            self._run(
                self._kernel, weights, gradients, mask, *buffers, self._numbers.device, part.start, part.stop,
                self._bad.device,
            )  # fmt: skip
        self._buffers.written()
        self._bad.written()
        return int(self._bad.host[0])

    def _norm(self, parts: Sequence[slice]) -> float:
        """Length of the gradient of all weights in these parts together, each clipped to the limit."""
        total = 0.0
        for part in parts:
            span = (part.start, part.stop, self._sums.device, self._workers)
            self._run(cuda.sum_squares, self._arrays[1], self._numbers.device, *span)
            self._sums.written()
            total += float(self._sums.host.sum())
        return math.sqrt(total)

    def _run(self, kernel: Any, *args: Any) -> None:
        self._backend.build(kernel, 1)(*args)

    @cached_property
    def _ones(self) -> Any:
        """A mask for weight decay of all weights."""
        ones = Mirror(self._backend.zeros(len(self._arrays[0])), self._backend)
        ones.outgoing[:] = np.float32(1)
        ones.send()
        return ones.device


def update(model: Model, optimizer: Optimizer, buffers: Companions) -> CudaUpdate:
    """The kernel bound to the model's arrays."""
    return CudaUpdate(model, optimizer, buffers)
