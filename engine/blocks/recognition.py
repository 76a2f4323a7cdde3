"""Finding blocks among plain layers, by comparing with what the declarations themselves expand to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..graph import INPUT, Group, Network
from ..graph.groups import folding_problem, owners
from ..graph.node import name_problem
from .block import Block
from .expansion import NAME
from .fitting import fit
from .types import TYPES


@dataclass(frozen=True)
class Found:
    """Nodes of a network that equal the expansion of a block, in its order."""

    block: Block
    members: tuple[str, ...]


def recognise(network: Network) -> list[Found]:
    """Blocks among the layers that are in none yet, in the order of the network; of those that overlap the largest."""
    taken = set(owners(network.groups))
    order = {node.name: place for place, node in enumerate(network.order())}
    candidates = [found for name in order if name not in taken for found in _ending_at(network, name)]
    chosen: list[Found] = []
    for found in sorted(candidates, key=lambda one: (-len(one.members), order[one.members[-1]])):
        if not taken & set(found.members):
            chosen.append(found)
            taken |= set(found.members)
    return sorted(chosen, key=lambda one: order[one.members[-1]])


def fold(network: Network) -> list[str]:
    """Record every block that is recognised as a group, and return the groups' names."""
    return [_record(network, found) for found in recognise(network)]


def _record(network: Network, found: Found) -> str:
    name = _common_name(network, found.members) or network.free_name(found.block)
    network.group(Group(name, found.block.type_name(), found.block.values(), found.members, found.block.version))
    return name


def _common_name(network: Network, members: tuple[str, ...]) -> str:
    """What all the layers' names begin with before a `_`, if it can be the block's name; else ""."""
    first, last = min(members), max(members)
    same = next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    name = first[:same].rpartition("_")[0]
    free = name not in network and name not in network.groups and name != INPUT
    return name if free and name_problem(name) is None else ""


def _ending_at(network: Network, end: str) -> Iterator[Found]:
    """The blocks whose last layer is this one."""
    for block_type in TYPES.values():
        fitted = fit(network, end, block_type)
        if fitted is None or not fitted[0].telling:
            continue
        group = Group(NAME, block_type.type_name(), {}, fitted[1])
        if folding_problem(network, group) is None:
            yield Found(*fitted)
