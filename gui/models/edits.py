"""The edits a user can make, each one named undo step. They raise ConvscopeError and change nothing if refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from convscope.engine import blocks
from convscope.engine.blocks import Block
from convscope.engine.graph import INPUT, Network
from convscope.engine.layers import TYPES
from convscope.engine.spec import ConvscopeError, Layer

from .arrange import CARD, Spacing, arrange, is_tidy
from .document import Document
from .drawing import Drawing

Position = tuple[float, float]


class Link(NamedTuple):
    """One connection: `target` reads `source` at its input number `port`."""

    source: str
    target: str
    port: int


def links(drawing: Drawing) -> list[Link]:
    """All connections between cards, in the order of their targets and ports."""
    return [link for name in drawing.nodes for link in _into(drawing, name)]


def _into(drawing: Drawing, name: str) -> list[Link]:
    return [Link(source, name, i) for i, source in enumerate(drawing.nodes[name].inputs)]


# ---- adding


def add_after(document: Document, type_name: str, source: str | None = None) -> str:
    """Add a layer or a block below `source` (by default the selected card, else the last output); return its name.

    It goes into the connection if `source` has exactly one reader; a layer that joins branches only hangs on.
    """
    drawing, new = document.drawing, _new(document, type_name)
    source = drawing.card(source or document.selected or _last(document.network))
    reading = [name for name, node in drawing.nodes.items() if source in node.inputs]
    readers = [link for name in reading for link in _into(drawing, name) if link.source == source]
    into = readers[0] if len(readers) == 1 and new.goes_between else None
    tidy = is_tidy(document.network)

    def change(net: Network) -> None:
        result = new.add(net, [drawing.result(source)])
        if into:
            _replace_input(net, drawing, into, result)
        if tidy:
            net.layout = arrange(net)
        else:
            make_room(net, new.name, source)

    document.edit(f"Add {new.name}", change, select=new.name)
    return new.name


def add_at(document: Document, type_name: str, position: Position, source: str = "", target: str = "") -> str:
    """Add a layer or a block at a canvas position, reading `source` and read by `target` where given; return its name.

    A layer without a source stands alone. A block, whose layers depend on what it reads, reads the last output.
    """
    drawing, new = document.drawing, _new(document, type_name)
    source = source or ("" if new.stands_alone else drawing.card(_last(document.network)))

    def change(net: Network) -> None:
        result = new.add(net, [drawing.result(source)] if source else [])
        net.layout[new.name] = position
        if target:
            _connect(net, drawing, result, target)

    document.edit(f"Add {new.name}", change, select=new.name)
    return new.name


def splice(document: Document, type_name: str, link: Link, position: Position) -> str:
    """Add a layer or a block into a connection and return its name. It stands at the position if there is room."""
    drawing, new = document.drawing, _new(document, type_name)
    tidy = is_tidy(document.network)

    def change(net: Network) -> None:
        result = new.add(net, [drawing.result(link.source)])
        _replace_input(net, drawing, link, result)
        if tidy:
            net.layout = arrange(net)
        else:
            _place(net, new.name, link.source, position)

    document.edit(f"Insert {new.name}", change, select=new.name)
    return new.name


def splice_existing(document: Document, name: str, link: Link, position: Position) -> None:
    """Put an unconnected node into a connection."""
    drawing = document.drawing

    def change(net: Network) -> None:
        net.rewire(name, [drawing.result(link.source)])
        _replace_input(net, drawing, link, name)
        _place(net, name, link.source, position)

    document.edit(f"Insert {name}", change, select=name)


# ---- connections


def refusal(drawing: Drawing, source: str, target: str) -> str:
    """Why `target` cannot read `source`; "" if it can."""
    if target == INPUT:
        return "The image reads nothing"
    if source == target:
        return f"A {'block' if target in drawing.folded else 'layer'} cannot read itself"
    result, reader = drawing.result(source), drawing.members(target)[0]
    if loop := drawing.network.cycle_through(result, reader):
        return "Would close a cycle: " + " → ".join([*_shortened(loop), loop[0]])
    if source in drawing.nodes[target].inputs and drawing.ports(target)[1] == 1:
        return f"{target} reads {source} already"
    return ""


def connect(document: Document, source: str, target: str) -> None:
    """Let `target` read `source` beside its other inputs; where it can read no more, in place of the last."""
    drawing = document.drawing
    text = f"Connect {source} to {target}"
    document.edit(text, _following(lambda net: _connect(net, drawing, drawing.result(source), target)), select=target)


def disconnect(document: Document, gone: Iterable[Link]) -> None:
    """Remove connections."""
    cut = set(gone)
    if not cut:
        return
    first = next(iter(cut))
    text = f"Disconnect {first.source} from {first.target}" if len(cut) == 1 else f"Remove {len(cut)} connections"
    real = {end for link in cut for end in document.drawing.reading(link.target, link.port)}

    def change(net: Network) -> None:
        for target in {target for target, _ in real}:
            inputs = net.nodes[target].inputs
            net.rewire(target, [s for i, s in enumerate(inputs) if (target, i) not in real])

    document.edit(text, change)


# ---- nodes


def remove(document: Document, names: Sequence[str], verb: str = "Delete") -> None:
    """Remove cards; what read them reads their first input instead. The image stays."""
    drawing = document.drawing
    gone = [name for name in names if name in drawing]
    if not gone:
        return
    source = next(iter(drawing.nodes[gone[0]].inputs), "")
    tidy = is_tidy(document.network)

    def change(net: Network) -> None:
        for name in (member for card in gone for member in drawing.members(card)):
            net.remove(name, reconnect=True)
        if tidy:
            net.layout = arrange(net)

    document.edit(f"{verb} {_named(gone)}", change, select="" if source in gone else source)


def set_parameter(document: Document, name: str, parameter: str, value: Any, field: str = "") -> None:
    """Change one parameter of a layer. Blocks behind it follow the channels that it gives."""
    layer: Layer = document.network[name]
    if layer.replace(**{parameter: value}) == layer:
        return
    label = layer.params()[parameter].label.lower()
    change = _following(lambda net: net.set(name, **{parameter: value}))
    document.edit(f"Set {label} of {name}", change, field=field)


def set_input(document: Document, shape: Sequence[int], field: str = "") -> None:
    """Change the image shape (height, width, channels)."""

    def change(net: Network) -> None:
        net.input = tuple(shape)

    if tuple(shape) != document.network.input:
        document.edit("Set image shape", _following(change), field=field)


def rename(document: Document, old: str, new: str) -> None:
    """Give a node or a block another name."""

    def change(net: Network) -> None:
        if old in net.groups:
            net.rename_block(old, new)
        else:
            net.rename(old, new)

    if new != old:
        document.edit(f"Rename {old} to {new}", change, select=new)


def rename_network(document: Document, name: str) -> None:
    """Give the whole network another name."""

    def change(net: Network) -> None:
        net.name = name

    if not name.strip():
        raise ConvscopeError("the network needs a name")
    if name != document.network.name:
        document.edit(f"Rename network to {name}", change, field="network name")


def arrange_all(document: Document) -> None:
    """Lay out the whole network."""
    document.move("Arrange", arrange(document.network))


# ---- helpers


@dataclass(frozen=True)
class _New:
    """A layer or a block that is to be added under a free name."""

    declared: Layer | Block
    name: str

    @property
    def stands_alone(self) -> bool:
        return isinstance(self.declared, Layer)

    @property
    def goes_between(self) -> bool:
        """Whether it can be put into a connection: whether it reads one node."""
        return isinstance(self.declared, Block) or self.declared.ports.maximum == 1

    def add(self, net: Network, inputs: Sequence[str]) -> str:
        """Add it and return the node whose value it gives. A block is folded at first."""
        if isinstance(self.declared, Layer):
            return net.add(self.declared, self.name, inputs)
        result = net.add_block(self.declared, self.name, inputs)
        net.layout[self.name] = (0.0, 0.0)
        return result


def _new(document: Document, type_name: str) -> _New:
    declared = blocks.TYPES[type_name]() if type_name in blocks.TYPES else TYPES[type_name]()
    return _New(declared, document.network.free_name(declared))


def _following(change: Callable[[Network], None]) -> Callable[[Network], None]:
    """The change, after which blocks are made anew for other channels that they read."""
    return lambda net: blocks.following(net, change)


def _connect(network: Network, drawing: Drawing, source: str, target: str) -> None:
    """Let a card read a node, beside its other inputs or in place of the last."""
    if target not in drawing.folded:
        network.rewire(target, _with_input(network, source, target))
        return
    for port in range(len(drawing.nodes[target].inputs)):
        _replace_input(network, drawing, Link("", target, port), source)


def _with_input(network: Network, source: str, target: str) -> list[str]:
    node = network.nodes[target]
    most = node.layer.ports.maximum
    return [*(node.inputs if most is None else node.inputs[: most - 1]), source]


def _replace_input(network: Network, drawing: Drawing, link: Link, source: str) -> None:
    """Let what reads a connection read another node instead."""
    for name, port in drawing.reading(link.target, link.port):
        inputs = list(network.nodes[name].inputs)
        inputs[port] = source
        network.rewire(name, inputs)


def _last(network: Network) -> str:
    ends = network.outputs()
    return ends[-1] if ends else INPUT


def _place(network: Network, name: str, source: str, position: Position) -> None:
    """Place a node where it was dropped, or below its source if it would cover another card there."""
    network.layout.pop(name, None)
    x, y = position
    if any(abs(ox - x) < CARD[0] and abs(oy - y) < CARD[1] for ox, oy in network.layout.values()):
        make_room(network, name, source)
    else:
        network.layout[name] = position


def make_room(network: Network, name: str, source: str) -> None:
    """Place a node below its source, moving what is in the way down by one row."""
    row = Spacing().row
    x, y = network.layout[source]
    place = (x, y + row)
    layout = network.layout
    near = {other: (ox, oy) for other, (ox, oy) in layout.items() if abs(ox - x) < CARD[0] and oy > y}
    if any(abs(oy - place[1]) < CARD[1] for _, oy in near.values()):
        layout.update({other: (ox, oy + row) for other, (ox, oy) in near.items()})
    layout[name] = place


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} layers"


def _shortened(path: list[str]) -> list[str]:
    return path if len(path) <= 4 else [path[0], path[1], "…", path[-1]]
