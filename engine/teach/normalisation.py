"""Batch normalisation step by step: mean, variance, quotient, scale and shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..layers.norm.spec import BatchNorm
from ..spec import ConvscopeError
from .labels import factor, number
from .limits import Floats, finite

EXAMPLE = (1, 3, 5, 7)
"""Four values of one channel, with mean 4 and variance 5."""


@dataclass(frozen=True, eq=False)
class Normalised:
    """One channel over a batch: `values` (n,), and what becomes of them (Ioffe & Szegedy 2015, Algorithm 1)."""

    layer: BatchNorm
    values: Floats
    scale: float
    shift: float
    mean: float
    variance: float
    """The mean of the squared distances, divided by n."""
    normalised: Floats
    """(value − mean)/√(variance + epsilon) (n,)."""
    output: Floats
    """scale · normalised + shift (n,)."""
    running: tuple[float, float]
    """Mean and variance that inference would use after this batch: the layer's share of it, from 0 and 1 on."""

    @property
    def steps(self) -> tuple[str, str, str]:
        """Mean, variance and the first value's way as texts."""
        n = len(self.values)
        squares = " + ".join(f"({number(v)} − {factor(self.mean)})²" for v in self.values)
        first = f"({number(self.values[0])} − {factor(self.mean)})/√({number(self.variance)} + {self.layer.epsilon:g})"
        return (
            f"mean = ({' + '.join(factor(v) for v in self.values)})/{n} = {number(self.mean)}",
            f"variance = ({squares})/{n} = {number(self.variance)}",
            f"first value: {first} = {number(self.normalised[0])}; times {number(self.scale)} plus "
            f"{factor(self.shift)} is {number(self.output[0])}",
        )


def batch_norm(values: Any = EXAMPLE, scale: float = 1.0, shift: float = 0.0, **options: Any) -> Normalised:
    """A channel's values over a batch (n,), normalised; `options` are the parameters of BatchNorm.

    ConvscopeError for a single value: it has no variance.
    """
    given = finite("list of values", values, (1,))
    if len(given) < 2:
        raise ConvscopeError("A single value has no variance; use two values or more.")
    layer = BatchNorm(**options)
    gain, offset = (float(finite(name, value, (0,))) for name, value in (("scale", scale), ("shift", shift)))
    mean, variance = float(given.mean()), float(given.var())
    normalised = (given - mean) / np.sqrt(variance + layer.epsilon)
    unbiased = variance * len(given) / (len(given) - 1)
    running = (layer.momentum * mean, (1 - layer.momentum) + layer.momentum * unbiased)
    output = gain * normalised + offset
    return Normalised(layer, given, gain, offset, mean, variance, normalised, output, running)


@dataclass(frozen=True, eq=False)
class KernelNorm:
    """What the layer's kernels make of the same batch in training: `output` (n,), and their running figures."""

    output: NDArray[np.float32]
    running: tuple[float, float]


def normalised_by_kernels(given: Normalised) -> KernelNorm:
    """The same batch through the layer as it trains."""
    network = Network((1, 1, 1), "batch")
    network.add(given.layer, "norm")
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    model = Model(network)
    model.weights["norm.weight"] = np.array([given.scale])
    model.weights["norm.bias"] = np.array([given.shift])
    output = model.forward(given.values.reshape(-1, 1, 1, 1).astype(np.float32), training=True).ravel().copy()
    running = tuple(float(model.weights[f"norm.running_{name}"][0]) for name in ("mean", "var"))
    return KernelNorm(output, (running[0], running[1]))
