"""An optimiser's step on a model's weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import cpu
from .base import Optimizer

FloatArray = NDArray[np.float32]
_ALL = (slice(None),)
NO_DIVISION = 1e-6  # added to the norm, as PyTorch does, so that none of length zero is divided by


class Update:
    """The kernel of an optimiser, bound to flat arrays of equal length.

    `decays` is 1 where weight decay applies unless all weights decay. A weight whose gradient, decay and buffers are
    zero keeps its bits, whatever the optimiser.
    """

    def __init__(
        self, optimizer: Optimizer, weights: FloatArray, gradients: FloatArray, buffers: Mapping[str, FloatArray],
        decays: FloatArray, threads: int,
    ) -> None:  # fmt: skip
        self._kernel: Callable[..., int] = getattr(cpu, optimizer.kernel).for_threads(threads)
        self._squares = cpu.sum_squares.for_threads(threads)
        self._gradients, self._threads = gradients, threads
        self._weights, self._decays = weights, decays
        self._buffers = tuple(buffers[name] for name in optimizer.buffers)
        self._sums = np.empty((math.ceil(gradients.size / cpu.CHUNK), cpu.LANES))

    def __call__(self, optimizer: Optimizer, rate: float, step: int, parts: Sequence[slice] = _ALL) -> int:
        """Make step number `step`, the first being 1, in these parts; how many weights are not finite afterwards.

        The optimiser is of the kind bound, and its parameters may differ from step to step.
        """
        numbers = _floats(self._common(optimizer, rate, parts), optimizer.scalars(rate, step))
        decays = self._ones if optimizer.decay_all else self._decays
        arrays = (self._weights, self._gradients, decays, *self._buffers)
        return sum(self._kernel(*(a[part] for a in arrays), *numbers, self._threads) for part in parts)

    @cached_property
    def _ones(self) -> FloatArray:
        return np.ones_like(self._weights)

    def _common(self, optimizer: Optimizer, rate: float, parts: Sequence[slice]) -> tuple[float, ...]:
        """Factor and limit of the gradient, and both kinds of weight decay."""
        limit = optimizer.clip_value or math.inf
        scale = clipping(self.norm(limit, parts), optimizer.clip_norm) if optimizer.clip_norm else 1.0
        return scale, limit, *optimizer.decays(rate)

    def norm(self, limit: float = math.inf, parts: Sequence[slice] = _ALL) -> float:
        """Length of the gradient of all weights in these parts together, each clipped to ±limit."""
        total = 0.0
        for part in parts:
            gradients = self._gradients[part]
            sums = self._sums[: math.ceil(gradients.size / cpu.CHUNK)]
            self._squares(gradients, np.float32(limit), sums, self._threads)
            total += float(sums.sum())
        return math.sqrt(total)


def clipping(norm: float, most: float) -> float:
    """The factor that shortens a gradient of this norm to at most `most`: 1 where it is short enough, or no number."""
    scale = most / (norm + NO_DIVISION)
    return scale if scale < 1 else 1.0


def arguments(optimizer: Optimizer, threads: int) -> tuple[Any, ...]:
    """Arguments of the types that a step's kernel is called with."""
    flat = np.empty(1, np.float32)
    numbers = _floats((1.0, 1.0, 0.0, 0.0), optimizer.scalars(0.0, 1))
    return (*[flat] * (3 + len(optimizer.buffers)), *numbers, threads)


def norm_arguments(threads: int) -> tuple[Any, ...]:
    """Arguments of the types that the norm's kernel is called with."""
    return np.empty(1, np.float32), np.float32(0), np.empty((1, 1)), threads


def _floats(*groups: tuple[float, ...]) -> tuple[tuple[np.float32, ...], ...]:
    return tuple(tuple(np.float32(value) for value in group) for group in groups)
