"""Repairs that connect, disconnect or remove layers. Circles need none: no edit and no file can make one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..graph import INPUT, Network
from ..layers.conv.spec import Conv2D
from ..layers.merge.spec import Add, Concat
from ..spec import Layer, Problem
from .repair import Repair

_MOST_SOURCES = 4


def propose(network: Network, problem: Problem) -> Iterator[Repair]:
    """What connects a layer that reads too little or too much, and what ends a network in one layer."""
    name = problem.layer if problem.layer in network.nodes else None
    if problem.kind == "ports" and name is not None:
        yield from _for_ports(network, name)
    elif problem.kind == "ends":
        yield from _for_ends(network)


def _for_ports(network: Network, name: str) -> Iterator[Repair]:
    inputs, ports = network.nodes[name].inputs, network[name].ports
    if ports.maximum is not None and len(inputs) > ports.maximum:
        kept = inputs[: ports.maximum]
        gone = " and ".join(inputs[ports.maximum :])
        yield Repair(f"Disconnect {gone} from {name}", partial(_rewire, name, list(kept)))
    if len(inputs) < ports.minimum:
        for source in _sources(network, name):
            yield Repair(f"Connect {source} to {name}", partial(_rewire, name, [*inputs, source]))
    if len(inputs) == 1 and ports.minimum > 1:
        yield Repair(f"Remove {name}", partial(_remove, [name]))


def _sources(network: Network, name: str) -> list[str]:
    """What the node could read: ends that lead nowhere first, then the layers before it, nearest first."""
    places = list(network.nodes)
    before = [*reversed(places[: places.index(name)]), INPUT]
    ends = [end for end in network.outputs() if end != name]
    taken = network.nodes[name].inputs
    found = [other for other in dict.fromkeys([*ends, *before]) if other not in taken]
    return [other for other in found if not network.cycle_through(other, name)][:_MOST_SOURCES]


def _for_ends(network: Network) -> Iterator[Repair]:
    ends = network.outputs()
    if not ends:
        first = Conv2D(16, 3, padding="same")
        yield Repair("Add a first convolution", partial(_join, first, [INPUT]))
        return
    for layer in (Add(), Concat()):
        yield Repair(f"Join {_listed(ends)} with {layer.type_name()}", partial(_join, layer, ends))
    last = ends[-1]
    for gone in (ends[:-1], *([end] for end in ends if end != last)):
        names = _leading_only_to(network, gone)
        yield Repair(f"Remove {_listed(names)}", partial(_remove, names))


def _leading_only_to(network: Network, ends: list[str]) -> list[str]:
    """These ends and all before them that lead nowhere else."""
    gone = set(ends)
    for name in reversed([node.name for node in network.order()]):
        readers = [node.name for node in network.nodes.values() if name in node.inputs]
        if readers and gone.issuperset(readers):
            gone.add(name)
    return [name for name in network.nodes if name in gone]


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) <= 2 else f"{len(names)} layers"


def _join(layer: Layer, sources: list[str], network: Network) -> None:
    network.add(layer, network.free_name(layer), sources)


def _rewire(name: str, inputs: list[str], network: Network) -> None:
    network.rewire(name, inputs)


def _remove(names: list[str], network: Network) -> None:
    for name in names:
        network.remove(name, reconnect=True)
