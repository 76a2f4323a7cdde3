"""Copy and paste of layers as JSON text: a network without an image, in the format of network files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from convscope.engine.graph import INPUT, Network

from .document import Document

MIME = "application/x-convscope-layers+json"
"""Type of the clipboard's contents; the same text is offered as plain text."""


def copied(network: Network, names: Sequence[str]) -> str:
    """The named nodes and the connections among them as JSON; "" if there are none."""
    chosen = [node for node in network.order() if node.name in names]
    if not chosen:
        return ""
    part = Network(network.input, "layers")
    for node in chosen:
        part.add(node.layer, node.name, [s for s in node.inputs if s in part])
        part.layout[node.name] = network.layout[node.name]
    return part.to_json()


def paste(document: Document, text: str, offset: tuple[float, float], verb: str = "Paste") -> list[str]:
    """Add copied layers, moved by `offset` and renamed where needed; return their names. NetworkError if unreadable."""
    part = Network.from_json(text)
    new_names: dict[str, str] = {}

    def change(net: Network) -> None:
        new_names.clear()
        for node in part.order():
            name = free_variant(net, node.name)
            net.add(node.layer, name, [new_names[s] for s in node.inputs if s != INPUT])
            x, y = part.layout.get(node.name, (0.0, 0.0))
            net.layout[name] = (x + offset[0], y + offset[1])
            new_names[node.name] = name

    if len(part) == 0:
        return []
    what = next(iter(part.nodes)) if len(part) == 1 else f"{len(part)} layers"
    document.edit(f"{verb} {what}", change)
    return list(new_names.values())


def free_variant(network: Network, name: str) -> str:
    """The name itself if unused, else its stem with the first free number: conv1 becomes conv2."""
    stem = re.sub(r"\d+$", "", name) or "layer"
    number = 1
    while name in network or name == INPUT:
        name = f"{stem}{number}"
        number += 1
    return name
