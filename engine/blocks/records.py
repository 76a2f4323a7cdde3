"""What the records of blocks in a network mean: their declarations, and whether the layers are still those."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..graph import INPUT, Group, Network, Node
from ..graph.groups import ends
from ..spec import NetworkError, ParameterError, Problem
from .block import Block, image_before
from .expansion import expansion, named
from .types import TYPES


def declaration(group: Group) -> Block | None:
    """The block that a group was made of; None if its type, version or parameters are unknown here."""
    block_type = TYPES.get(group.block)
    if block_type is None or block_type.version != group.version:
        return None
    try:
        return block_type().replace(**group.params)
    except ParameterError:
        return None


def unknown(network: Network) -> list[Problem]:
    """A warning for each group whose declaration is not known here."""
    return [_unknown(group) for group in network.groups.values() if declaration(group) is None]


def _unknown(group: Group) -> Problem:
    block_type = TYPES.get(group.block)
    if block_type is None:
        what, fix = "this block type is unknown, so its layers stand alone", f"use one of: {', '.join(TYPES)}"
    elif block_type.version != group.version:
        what = f"this block has version {group.version} and this program knows {block_type.version}"
        fix = "update Convscope, or ungroup it"
    else:
        what, fix = _faults(block_type, group), "ungroup the block: its layers stay"
    return group.problem("unknown-block", what, fix)


def _faults(block_type: type[Block], group: Group) -> str:
    try:
        block_type().replace(**group.params)
    except ParameterError as error:
        return "its parameters are illegal: " + "; ".join(error.reasons)
    return ""


def intact(network: Network, group: Group) -> bool:
    """Whether the layers of a group are exactly those of its declaration, whatever their names."""
    block = declaration(group)
    return block is not None and _twins(network, group, block) is not None


def change(network: Network, name: str, **params: Any) -> None:
    """Change parameters of a block in a network: its layers are made anew under their names, and later blocks follow.

    ParameterError names every illegal parameter; NetworkError if the block was edited, so that the edits would be lost.
    """
    group = network.groups.get(name)
    block = declaration(group) if group else None
    twins = _twins(network, group, block) if group and block else None
    if group is None or block is None or twins is None:
        what = f"{name} is not a block whose layers are those of its type"
        raise NetworkError([Problem("block", None, None, what, "undo the edits inside it, or ungroup it")])
    other = block.replace(**params)
    following(network, lambda net: net.replace_block(name, other, _own(twins)))


def following(network: Network, edit: Callable[[Network], None]) -> None:
    """Make an edit, after which blocks that read another number of channels are made anew for it.

    A block that was edited itself, or that cannot be made for what it now reads, keeps its layers.
    """
    before = {name: state for name, group in network.groups.items() if (state := _state(network, group)) is not None}
    edit(network)
    for name, (channels, own, nodes) in before.items():
        group = network.groups.get(name)
        block = declaration(group) if group else None
        if group is None or block is None or [network.nodes[member] for member in group.members] != nodes:
            continue
        if _channels(network, group) != channels and not intact(network, group):
            with suppress(NetworkError):
                network.replace_block(name, block, own)


def _state(network: Network, group: Group) -> tuple[int, dict[str, str], list[Node]] | None:
    """The channels that a group reads, the names of its own and its nodes; None if it is not its block's layers."""
    block = declaration(group)
    twins = None if block is None else _twins(network, group, block)
    channels = _channels(network, group)
    if twins is None or channels is None:
        return None
    return channels, _own(twins), [network.nodes[member] for member in group.members]


def _channels(network: Network, group: Group) -> int | None:
    sources = ends(network, group).sources
    image = image_before(network, sources[0]) if len(sources) == 1 else None
    return None if image is None else image[2]


def _own(twins: Mapping[str, str]) -> dict[str, str]:
    """The names of a block's layers that differ from those it gives them, by these."""
    return {systematic: name for systematic, name in twins.items() if systematic != name}


def _twins(network: Network, group: Group, block: Block) -> dict[str, str] | None:
    """The group's members by the names that its block gives them; None if they are not the block's layers."""
    found = ends(network, group)
    image = image_before(network, found.sources[0]) if len(found.sources) == 1 else None
    nodes = expansion(block, image) if image else ()
    if len(nodes) != len(group.members):
        return None
    place = {INPUT: found.sources[0]} | {node.name: member for node, member in zip(nodes, group.members)}
    for node, member in zip(nodes, group.members):
        actual = network.nodes[member]
        if actual.layer != node.layer or actual.inputs != tuple(place[source] for source in node.inputs):
            return None
    return {named(node.name, group.name): member for node, member in zip(nodes, group.members)}
