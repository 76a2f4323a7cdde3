"""Folding blocks on the canvas and unfolding them, changing them and letting them go; each one named undo step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from convscope.engine import blocks
from convscope.engine.graph import INPUT, Network
from convscope.engine.graph.groups import folding_problem
from convscope.engine.spec import NetworkError

from .arrange import CARD, arrange, is_tidy
from .document import Document

_TIDY_AGAIN = 8  # blocks that are folded or unfolded together: more of them are laid out anew


def fold(document: Document, names: Sequence[str]) -> None:
    """Draw blocks as one card each, where their first layers stood. NetworkError says why one cannot be folded."""
    network = document.network
    names = [name for name in names if name in network.groups and name not in document.drawing.folded]
    if problems := [p for name in names if (p := folding_problem(network, network.groups[name]))]:
        raise NetworkError(problems)
    if names:
        document.edit(f"Fold {_named(names)}", _folded(network, names), select=names[-1])


def unfold(document: Document, names: Sequence[str]) -> None:
    """Draw the layers of folded blocks."""
    drawing = document.drawing
    names = [name for name in names if name in drawing.folded]
    if not names:
        return
    tidy = is_tidy(document.network) or len(names) >= _TIDY_AGAIN

    def change(net: Network) -> None:
        for name in names:
            _unfold(net, name)
        if tidy:
            net.layout = arrange(net)

    document.edit(f"Unfold {_named(names)}", change, select=drawing.result(names[-1]))


def fold_all(document: Document) -> int:
    """Fold every block there is, also those that are only seen in plain layers; return how many blocks are new."""
    after = document.network.copy()
    new = blocks.fold(after)
    names = [name for name, group in after.groups.items() if folding_problem(after, group) is None]
    names = [name for name in names if name not in document.drawing.folded]

    def change(net: Network) -> None:
        for name in new:
            net.group(after.groups[name])
        _folded(after, names)(net)
        net.layout = arrange(net)

    if names:
        document.edit("Fold all blocks", change, select="")
    return len(new)


def unfold_all(document: Document) -> None:
    """Draw all layers."""
    unfold(document, list(document.drawing.folded))


def ungroup(document: Document, names: Sequence[str]) -> None:
    """Forget blocks: their layers stay, by themselves."""
    names = [name for name in names if name in document.network.groups]
    if not names:
        return
    tidy = is_tidy(document.network)

    def change(net: Network) -> None:
        for name in names:
            _unfold(net, name)
            net.ungroup(name)
        if tidy:
            net.layout = arrange(net)

    document.edit(f"Ungroup {_named(names)}", change, select="")


def set_block_parameter(document: Document, name: str, parameter: str, value: Any, field: str = "") -> None:
    """Change one parameter of a block that is as declared: its layers are made anew, and later blocks follow."""
    block = blocks.declaration(document.network.groups[name])
    if block is None or block.replace(**{parameter: value}) == block:
        return
    label = block.params()[parameter].label.lower()
    change = {parameter: value}
    document.edit(f"Set {label} of {name}", lambda net: blocks.change(net, name, **change), field=field)


def _folded(network: Network, names: Sequence[str]) -> Callable[[Network], None]:
    tidy = is_tidy(network)

    def change(net: Network) -> None:
        for name in names:
            members = net.groups[name].members
            places = [net.layout[member] for member in members if member in net.layout]
            net.layout[name] = min(places, key=lambda place: (place[1], place[0]), default=(0.0, 0.0))
            for member in members:
                net.layout.pop(member, None)
        if tidy:
            net.layout = arrange(net)

    return change


def _unfold(network: Network, name: str) -> None:
    """Give the members of a folded block places below each other, and what stands below the room for them."""
    place = network.layout.pop(name, None)
    if place is None:
        return
    group = network.groups[name]
    part = Network(network.input)
    inside = set(group.members)
    for node in (network.nodes[member] for member in group.members):
        part.add(node.layer, node.name, [s if s in inside else INPUT for s in node.inputs])
    own = {member: at for member, at in arrange(part).items() if member in inside}
    left, top = min(x for x, _ in own.values()), min(y for _, y in own.values())
    width = max(x for x, _ in own.values()) - left + CARD[0]
    height = max(y for _, y in own.values()) - top
    for other, (x, y) in list(network.layout.items()):
        if y > place[1] and place[0] - CARD[0] < x < place[0] + width:
            network.layout[other] = (x, y + height)
    network.layout |= {member: (place[0] + x - left, place[1] + y - top) for member, (x, y) in own.items()}


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} blocks"
