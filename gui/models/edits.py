"""The edits a user can make, each one named undo step. They raise ConvscopeError and change nothing if refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from convscope.engine.graph import INPUT, Network
from convscope.engine.layers import TYPES
from convscope.engine.spec import ConvscopeError, Layer

from .arrange import CARD, Spacing, arrange
from .document import Document

Position = tuple[float, float]
_LARGEST_TIDY = 300  # arranging larger networks at every edit would be felt


class Link(NamedTuple):
    """One connection: `target` reads `source` at its input number `port`."""

    source: str
    target: str
    port: int


def links(network: Network) -> list[Link]:
    """All connections, in the order of their targets and ports."""
    return [Link(s, node.name, i) for node in network.nodes.values() for i, s in enumerate(node.inputs)]


# ---- adding


def add_after(document: Document, type_name: str, source: str | None = None) -> str:
    """Add a layer below `source` (by default the selected node, else the last output) and return its name.

    It goes into the connection if `source` has exactly one reader; a layer that joins branches only hangs on.
    """
    network, layer = document.network, TYPES[type_name]()
    source = source or document.selected or _last(network)
    readers = [link for link in links(network) if link.source == source]
    into = readers[0] if len(readers) == 1 and layer.ports.maximum == 1 else None
    name = network.free_name(layer)
    tidy = _is_tidy(network)

    def change(net: Network) -> None:
        net.add(layer, name, [source])
        if into:
            _replace_input(net, into, name)
        if tidy:
            net.layout = arrange(net)
        else:
            _make_room(net, name, source)

    document.edit(f"Add {name}", change, select=name)
    return name


def add_at(document: Document, type_name: str, position: Position, source: str = "", target: str = "") -> str:
    """Add a layer at a canvas position, reading `source` and read by `target` where given; return its name."""
    network, layer = document.network, TYPES[type_name]()
    name = network.free_name(layer)

    def change(net: Network) -> None:
        net.add(layer, name, [source] if source else [])
        net.layout[name] = position
        if target:
            net.rewire(target, _with_input(net, name, target))

    document.edit(f"Add {name}", change, select=name)
    return name


def splice(document: Document, type_name: str, link: Link, position: Position) -> str:
    """Add a layer into a connection and return its name. It stands at the position if there is room."""
    layer = TYPES[type_name]()
    name = document.network.free_name(layer)
    tidy = _is_tidy(document.network)

    def change(net: Network) -> None:
        net.add(layer, name, [link.source])
        _replace_input(net, link, name)
        if tidy:
            net.layout = arrange(net)
        else:
            _place(net, name, link.source, position)

    document.edit(f"Insert {name}", change, select=name)
    return name


def splice_existing(document: Document, name: str, link: Link, position: Position) -> None:
    """Put an unconnected node into a connection."""

    def change(net: Network) -> None:
        net.rewire(name, [link.source])
        _replace_input(net, link, name)
        _place(net, name, link.source, position)

    document.edit(f"Insert {name}", change, select=name)


# ---- connections


def refusal(network: Network, source: str, target: str) -> str:
    """Why `target` cannot read `source`; "" if it can."""
    if target == INPUT:
        return "The image reads nothing"
    if source == target:
        return "A layer cannot read itself"
    if loop := network.cycle_through(source, target):
        return "Would close a cycle: " + " → ".join([*_shortened(loop), loop[0]])
    if source in network.nodes[target].inputs and network[target].ports.maximum == 1:
        return f"{target} reads {source} already"
    return ""


def connect(document: Document, source: str, target: str) -> None:
    """Let `target` read `source` beside its other inputs; where it can read no more, in place of the last."""
    inputs = _with_input(document.network, source, target)
    document.edit(f"Connect {source} to {target}", lambda net: net.rewire(target, inputs), select=target)


def disconnect(document: Document, gone: Iterable[Link]) -> None:
    """Remove connections."""
    cut = set(gone)
    if not cut:
        return
    first = next(iter(cut))
    text = f"Disconnect {first.source} from {first.target}" if len(cut) == 1 else f"Remove {len(cut)} connections"

    def change(net: Network) -> None:
        for target in {link.target for link in cut}:
            inputs = net.nodes[target].inputs
            net.rewire(target, [s for i, s in enumerate(inputs) if Link(s, target, i) not in cut])

    document.edit(text, change)


# ---- nodes


def remove(document: Document, names: Sequence[str], verb: str = "Delete") -> None:
    """Remove nodes; what read them reads their first input instead. The image stays."""
    gone = [name for name in names if name in document.network]
    if not gone:
        return
    source = next(iter(document.network.nodes[gone[0]].inputs), "")
    tidy = _is_tidy(document.network)

    def change(net: Network) -> None:
        for name in gone:
            net.remove(name, reconnect=True)
        if tidy:
            net.layout = arrange(net)

    document.edit(f"{verb} {_named(gone)}", change, select="" if source in gone else source)


def set_parameter(document: Document, name: str, parameter: str, value: Any, field: str = "") -> None:
    """Change one parameter of a layer."""
    layer: Layer = document.network[name]
    if layer.replace(**{parameter: value}) == layer:
        return
    label = layer.params()[parameter].label.lower()
    document.edit(f"Set {label} of {name}", lambda net: net.set(name, **{parameter: value}), field=field)


def set_input(document: Document, shape: Sequence[int], field: str = "") -> None:
    """Change the image shape (height, width, channels)."""

    def change(net: Network) -> None:
        net.input = tuple(shape)

    if tuple(shape) != document.network.input:
        document.edit("Set image shape", change, field=field)


def rename(document: Document, old: str, new: str) -> None:
    """Give a node another name."""
    if new != old:
        document.edit(f"Rename {old} to {new}", lambda net: net.rename(old, new), select=new)


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


def _with_input(network: Network, source: str, target: str) -> list[str]:
    node = network.nodes[target]
    most = node.layer.ports.maximum
    return [*(node.inputs if most is None else node.inputs[: most - 1]), source]


def _replace_input(network: Network, link: Link, source: str) -> None:
    inputs = list(network.nodes[link.target].inputs)
    inputs[link.port] = source
    network.rewire(link.target, inputs)


def _last(network: Network) -> str:
    ends = network.outputs()
    return ends[-1] if ends else INPUT


def _is_tidy(network: Network) -> bool:
    """Whether all is where automatic layout puts it: then an edit may lay it out anew."""
    return len(network) <= _LARGEST_TIDY and network.layout == arrange(network)


def _place(network: Network, name: str, source: str, position: Position) -> None:
    """Place a node where it was dropped, or below its source if it would cover another card there."""
    network.layout.pop(name, None)
    x, y = position
    if any(abs(ox - x) < CARD[0] and abs(oy - y) < CARD[1] for ox, oy in network.layout.values()):
        _make_room(network, name, source)
    else:
        network.layout[name] = position


def _make_room(network: Network, name: str, source: str) -> None:
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
