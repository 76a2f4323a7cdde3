"""How weights start: rules that take the place of the one each layer declares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..graph import Network
from ..spec import ConvscopeError, Named, Weight, choice, find, number


@dataclass(frozen=True)
class Initialiser(Named):
    """Base of all initialisers: normal numbers around 0. Biases and normalisation start as their layers declare."""

    kind = "initialiser"

    def deviation(self, weight: Weight) -> float:
        """Standard deviation of the numbers in a weight."""
        raise NotImplementedError


@dataclass(frozen=True)
class He(Initialiser):
    """Variance 2/fan: activations (fan-in) or gradients (fan-out) keep their size through layers with ReLU."""

    fan: str = choice("in", ("in", "out"), label="Fan", help="Connections that are counted: of an output, of an input.")

    name = "he"
    title = "He"
    source = "He et al. 2015, eq. 10 and 14"

    def deviation(self, weight: Weight) -> float:
        return math.sqrt(2 / (weight.fan_in if self.fan == "in" else weight.fan_out))


@dataclass(frozen=True)
class Xavier(Initialiser):
    """Variance 2/(fan-in + fan-out): for layers with tanh, or none."""

    name = "xavier"
    title = "Xavier"
    source = "Glorot & Bengio 2010, eq. 12"

    def deviation(self, weight: Weight) -> float:
        return math.sqrt(2 / (weight.fan_in + weight.fan_out))


@dataclass(frozen=True)
class Gaussian(Initialiser):
    """The same deviation in every layer: what deep networks did not start with."""

    sigma: float = number(0.01, label="Sigma", help="Standard deviation.", minimum=0.0, maximum=100.0)

    name = "gaussian"
    title = "Gaussian"
    source = "Krizhevsky et al. 2012, §5"

    def deviation(self, weight: Weight) -> float:
        return self.sigma


INITIALISERS: Mapping[str, type[Initialiser]] = {kind.name: kind for kind in (He, Xavier, Gaussian)}
"""Initialisers by name."""

Rule = Callable[[str, Weight], float]
"""Standard deviation of a weight, given with its full name; asked only for weights that start at random."""


def initialiser(given: str | Mapping[str, Any] | Initialiser) -> Initialiser:
    """An initialiser from its name (with parameters: "gaussian:sigma=0.1"), its JSON form or an instance."""
    return find(INITIALISERS, given)


def by_declaration(name: str, weight: Weight) -> float:
    """The rule that each layer declares."""
    return (Xavier() if weight.initialiser == "xavier" else He()).deviation(weight)


def rule(network: Network, given: Any) -> Rule:
    """The rule for a network: None leaves it to the layers, one initialiser is for all, a mapping for those it names.

    ConvscopeError names layers that are not there.
    """
    if given is None:
        return by_declaration
    if not isinstance(given, Mapping) or "name" in given:
        one = initialiser(given)
        return lambda name, weight: one.deviation(weight)
    if unknown := [name for name in given if name not in network]:
        raise ConvscopeError(
            f"There is no layer {', '.join(map(repr, unknown))} to initialise; use the network's names."
        )
    named = {name: initialiser(each) for name, each in given.items()}

    def by_layer(name: str, weight: Weight) -> float:
        layer = name.rpartition(".")[0]
        return named[layer].deviation(weight) if layer in named else by_declaration(name, weight)

    return by_layer
