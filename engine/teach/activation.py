"""Activation functions and their derivatives, as the kernels that networks run on compute them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Network
from ..layers import TYPES
from ..spec import ConvscopeError, Layer
from .limits import Floats, finite

ACTIVATIONS: dict[str, type[Layer]] = {
    name: kind for name, kind in TYPES.items() if kind.about.category == "activation" and name != "Softmax"
}
"""The functions that take each number by itself, by name."""


@dataclass(frozen=True, eq=False)
class Activation:
    """A function at the points `x` (n,): its values and its slopes there. The slope of a step at a jump counts as 0."""

    layer: Layer
    x: Floats
    values: Floats
    slopes: Floats

    def at(self, x: float) -> int:
        """Index of the point nearest to x."""
        return int(np.abs(self.x - x).argmin())


def activation(layer: Layer, x: Any) -> Activation:
    """The function of a declared activation layer at points (n,), by its kernels forward and backward.

    ConvscopeError for a layer that is no activation function.
    """
    if layer.type_name() not in ACTIVATIONS:
        raise ConvscopeError(f"{layer.type_name()} is no activation function; use one of {', '.join(ACTIVATIONS)}.")
    points = finite("list of points", x, (1,))
    network = Network((len(points), 1, 1), "activation")
    network.add(layer, "activation")
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    model = Model(network)
    values = model.forward(points.reshape(1, -1, 1, 1)).copy()
    slopes = model.backward(np.ones_like(values))
    return Activation(layer, points, values.ravel().astype(np.float64), slopes.ravel().astype(np.float64))
