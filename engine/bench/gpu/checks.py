"""Whether a device computes what the CPU does: every example of every layer type, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import layers
from ...graph.examples import network_of
from ...kernels.modes import TF32
from ...runtime.model import Model
from ..agreement import TF32_TOLERANCE
from ..cases import Arrays

_TOLERANCE = 1e-5
_BATCH, _SEED = 2, 3
_FIRST = ("Conv2D", "Dense", "BatchNorm", "ReLU", "MaxPool2D", "AvgPool2D", "Add", "Concat")
"""What most networks are made of."""


@dataclass(frozen=True)
class Check:
    """An example of a layer type, by its number, as at inference or in training."""

    layer: str
    example: int
    training: bool

    def __str__(self) -> str:
        return f"{self.layer} {self.example}{' in training' if self.training else ''}"


def checks(most_macs: float = float("inf")) -> Iterator[Check]:
    """All of them, common types first; without examples of more multiply-adds, and without what is random."""
    for name in sorted(layers.TYPES, key=lambda name: (name not in _FIRST, name)):
        for number, example in enumerate(layers.TYPES[name].examples()):
            layer = example.layer
            if network_of(example).summary().totals.macs > most_macs:
                continue
            yield Check(name, number, False)
            if layer.differs_in_training and not getattr(layer, "rate", 0):
                yield Check(name, number, True)


def tolerance(mode: str) -> float:
    """The largest relative error that a math mode may have."""
    return TF32_TOLERANCE if mode == TF32 else _TOLERANCE


def results(check: Check, device: str) -> Arrays:
    """Output, the input's gradient, those of the weights, and the weights afterwards, from random numbers."""
    network = network_of(layers.TYPES[check.layer].examples()[check.example])
    model, random = Model(network, device, _SEED), np.random.default_rng(_SEED)
    for name, array in model.weights.items():
        spread = random.uniform(0.5, 2, array.shape) if "var" in name else random.standard_normal(array.shape)
        model.weights[name] = spread
    output = model.forward(random.standard_normal((_BATCH, *network.input), np.float32), training=check.training)
    slope = model.backward(random.standard_normal(output.shape))
    gradients = {f"gradient of {name}": array.copy() for name, array in model.gradients.items()}
    weights = {name: array.copy() for name, array in model.weights.items()}
    return {"output": output, "gradient of the input": slope, **gradients, **weights}


def worst(found: Arrays, expected: Arrays) -> tuple[str, float]:
    """What is furthest from what it should be, and its relative error; gradients that are nearly nothing count little.

    Not a number is infinitely far.
    """
    scale = float(np.linalg.norm(expected["output"]))
    errors = {name: _error(found[name], expected[name], 0.1 * scale) for name in expected}
    name = max(errors, key=lambda name: errors[name])
    return name, errors[name]


def _error(found: Any, expected: Any, least: float) -> float:
    if not expected.size:
        return 0.0
    gap = float(np.linalg.norm(found.astype(np.float64) - expected))
    error = gap / max(float(np.linalg.norm(expected)), least, 1e-30)
    return error if np.isfinite(error) else float("inf")
