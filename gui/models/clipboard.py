"""Copy and paste of layers as JSON text: a network without an image, in the format of network files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from convscope.engine.graph import INPUT, Network

from .document import Document
from .drawing import Drawing

MIME = "application/x-convscope-layers+json"
"""Type of the clipboard's contents; the same text is offered as plain text."""


def copied(network: Network, names: Sequence[str]) -> str:
    """The named cards and the connections among them as JSON; "" if there are none.

    What the layers of a block read outside is written as the image: a block keeps its one source.
    """
    drawing = Drawing(network)
    inside = {member for name in names if name in drawing for member in drawing.members(name)}
    chosen = [node for node in network.order() if node.name in inside]
    whole = [group for group in network.groups.values() if inside.issuperset(group.members)]
    grouped = {member for group in whole for member in group.members}
    if not chosen:
        return ""
    part = Network(network.input, "layers")
    for node in chosen:
        reads = [s if s in part else INPUT for s in node.inputs if s in part or node.name in grouped]
        part.add(node.layer, node.name, reads)
    for group in whole:
        part.group(group)
    part.layout = {name: place for name, place in network.layout.items() if name in part or name in part.groups}
    return part.to_json()


def paste(document: Document, text: str, offset: tuple[float, float], verb: str = "Paste") -> list[str]:
    """Add copied layers, moved by `offset` and renamed where needed; return their names. NetworkError if unreadable."""
    part = Network.from_json(text)
    cards = Drawing(part)
    anchor = document.drawing.result(document.selected) or next(iter(document.network.outputs()), INPUT)
    new_names: dict[str, str] = {}

    def change(net: Network) -> None:
        new_names.clear()
        new_names.update({name: free_variant(net, name) for name in part.groups})
        for node in part.order():
            group = part.group_of(node.name)
            name = _renamed(net, node.name, group.name if group else "", new_names)
            reads = [anchor if s == INPUT else new_names[s] for s in node.inputs if s != INPUT or group]
            new_names[node.name] = net.add(node.layer, name, reads)
        for group in part.groups.values():
            members = tuple(new_names[member] for member in group.members)
            net.group(replace(group, name=new_names[group.name], members=members))
        for name in cards.nodes:
            x, y = part.layout.get(name, (0.0, 0.0))
            net.layout[new_names[name]] = (x + offset[0], y + offset[1])

    if len(part) == 0:
        return []
    what = next(iter(cards.nodes)) if len(cards.nodes) == 1 else f"{len(cards.nodes)} layers"
    document.edit(f"{verb} {what}", change)
    return [new_names[name] for name in cards.nodes]


def _renamed(network: Network, name: str, group: str, new_names: Mapping[str, str]) -> str:
    """A free name for a layer: in a block, after the block's new name."""
    if group and name.startswith(f"{group}_"):
        name = f"{new_names[group]}_{name.removeprefix(f'{group}_')}"
    return free_variant(network, name)


def free_variant(network: Network, name: str) -> str:
    """The name itself if unused, else its stem with the first free number: conv1 becomes conv2."""
    stem = re.sub(r"\d+$", "", name) or "layer"
    number = 1
    while name in network or name in network.groups or name == INPUT:
        name = f"{stem}{number}"
        number += 1
    return name
