"""Edits of whole groups: another name, another block in the same place. Each returns an edited copy of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..spec import NetworkError
from .groups import Expands, Group, ends
from .node import Node

if TYPE_CHECKING:
    from .network import Network


def renamed(network: Network, group: Group, new: str) -> Network:
    """The network with a group's name changed, and that of its members where it begins with the group's."""
    after, prefix = network.copy(), f"{group.name}_"
    if group.name in after.layout:
        after.layout[new] = after.layout.pop(group.name)
    for member in group.members:
        if member.startswith(prefix):
            after.rename(member, f"{new}_{member.removeprefix(prefix)}")
    after._groups = {
        (new if name == group.name else name): (replace(kept, name=new) if name == group.name else kept)
        for name, kept in after.groups.items()
    }
    return after


def replaced(network: Network, group: Group, block: Expands, names: Mapping[str, str]) -> Network:
    """The network with another block where a group stands, in the order of nodes and of groups, too."""
    found = ends(network, group)
    if len(found.sources) != 1 or len(found.results) != 1:
        what = f"reads {len(found.sources)} layers and gives {len(found.results)} results"
        raise NetworkError([group.problem("ports", what, "a block reads one layer and gives one: ungroup it instead")])
    rest = network.copy()
    rest._change({name: node for name, node in network.nodes.items() if name not in group.members})
    del rest._groups[group.name]
    last = rest.add_block(block, group.name, found.sources)
    for systematic, own in names.items():
        if systematic in rest and own not in rest:
            rest.rename(systematic, own)
            last = own if last == systematic else last
    return _in_place(network, group, rest, (found.results[0], last))


def _in_place(network: Network, group: Group, rest: Network, result: tuple[str, str]) -> Network:
    """`rest`, whose last nodes are the new block's, with these where the old members stood, and read as they were."""
    old, new = result
    made = rest.groups[group.name].members
    followed: dict[str, Node] = {
        name: replace(node, inputs=tuple(new if s == old and name not in made else s for s in node.inputs))
        for name, node in rest.nodes.items()
    }
    ordered: dict[str, Node] = {}
    for name in network.nodes:
        if name == group.members[-1]:
            ordered |= {member: followed[member] for member in made}
        elif name not in group.members:
            ordered[name] = followed[name]
    rest._groups = {name: rest.groups[name] for name in network.groups}
    rest._change(ordered)
    rest.layout = {name: place for name, place in rest.layout.items() if name in ordered or name not in network}
    return rest
