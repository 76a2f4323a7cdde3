"""Which parameter decides how many scores a network gives."""

from __future__ import annotations

from ..spec import ConvscopeError
from .network import Network

_COUNTS = ("units", "filters")  # of dense layers, and of convolutions whose maps are averaged or flattened


def score_setting(network: Network, count: int) -> tuple[str, str] | None:
    """The layer and its parameter that make the output give `count` scores when set to it; None if none does.

    It is the layer nearest to the output, along single inputs, that has a number of units or filters.
    """
    name = network.output
    while name in network:
        found = next((parameter for parameter in _COUNTS if parameter in network[name].params()), None)
        if found:
            return (name, found) if _gives(network, name, found, count) else None
        inputs = network.nodes[name].inputs
        if len(inputs) != 1:
            return None
        name = inputs[0]
    return None


def _gives(network: Network, name: str, parameter: str, count: int) -> bool:
    """Whether the network gives that many scores once this is set, and is sound."""
    other = network.copy()
    try:
        other.set(name, **{parameter: count})
    except ConvscopeError:
        return False
    return not other.errors() and other.shapes()[other.output] == (count,)
