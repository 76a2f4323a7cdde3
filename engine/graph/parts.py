"""Parts of networks: what lies between two nodes, as a network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..spec import NetworkError, Problem, Shape
from . import groups
from .node import INPUT, Node

if TYPE_CHECKING:
    from .network import Network


def between(network: Network, begin: str, end: str, shape: Sequence[int] | None = None) -> Network:
    """The layers behind `begin` up to `end`, under their names; they read `begin`'s maps as their image.

    `shape` (H, W, C) takes the place of the maps' own. NetworkError if a node is not there, if `end` does not depend on
    `begin`, or if it also depends on what comes before.
    """
    _check(network, begin, end)
    inside = _inside(network, begin, end)
    part = network.copy()
    part.input = _maps(network, begin) if shape is None else shape
    part._change({name: _reading(node, begin) for name, node in network.nodes.items() if name in inside})
    part._groups = groups.within(network.groups, inside)
    part.layout = {name: place for name, place in network.layout.items() if name in inside or name in part.groups}
    return part


def _check(network: Network, begin: str, end: str) -> None:
    for name in (begin, end):
        if name != INPUT:
            network[name]  # NetworkError with the names there are
    if end == begin or (begin != INPUT and begin not in network.ancestors(end)):
        raise NetworkError([Problem("part", None, None, f"{end} does not depend on {begin}", "name a layer before it")])


def _inside(network: Network, begin: str, end: str) -> set[str]:
    """The nodes behind `begin` that `end` depends on, itself included."""
    found, waiting = {end}, [end]
    while waiting:
        node = network.nodes[waiting.pop()]
        for source in set(node.inputs) - {begin} - found:
            if source == INPUT:
                what = f"reads the image and not {begin} alone"
                raise NetworkError([node.problem("part", what, "begin where all that is wanted comes through")])
            found.add(source)
            waiting.append(source)
    return found


def _reading(node: Node, begin: str) -> Node:
    return replace(node, inputs=tuple(INPUT if source == begin else source for source in node.inputs))


def _maps(network: Network, begin: str) -> Shape:
    shape = network.shapes()[begin]
    if shape is None:
        raise NetworkError(network.errors())
    return shape
