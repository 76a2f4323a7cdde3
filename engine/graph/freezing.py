"""Which layers learn, and what backward has to compute for them: freezing as the schedule sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..spec import ConvscopeError
from .network import Network
from .node import INPUT, Node
from .step import Mode


def learning(network: Network, mode: Mode, frozen: Collection[str]) -> set[str]:
    """The nodes whose gradient a pass in this mode computes.

    In mode "gradient" those are all, and the image; in mode "inference" none. Training with nothing frozen computes all
    but the image's, else those of the nodes that learn and of what stands behind them.
    """
    if mode == "inference":
        return set()
    if mode == "gradient":
        return {INPUT, *network.nodes}
    if not frozen:
        return set(network.nodes)
    found: set[str] = set()
    for node in network.order():
        learns = node.name not in frozen and has_weights(network, node)
        if learns or not found.isdisjoint(node.inputs):
            found.add(node.name)
    return found


def has_weights(network: Network, node: Node) -> bool:
    """Whether a layer has weights that can learn; not where its inputs are not known, as behind a problem."""
    shapes = network.shapes()
    if shapes.get(node.name) is None:
        return False
    return any(weight.trainable for weight in node.layer.weights(network.input_shapes(node.name)))


def freezable(network: Network) -> tuple[str, ...]:
    """The layers whose weights can be frozen, in order."""
    return tuple(node.name for node in network.order() if has_weights(network, node))


def checked(network: Network, names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once and in the network's order; ConvscopeError tells which of them have nothing to freeze."""
    wanted, known = dict.fromkeys([names] if isinstance(names, str) else names), freezable(network)
    faults = [_fault(network, name) for name in wanted if name not in known]
    if faults:
        raise ConvscopeError(f"{'; '.join(faults)}; layers with weights are: {', '.join(known) or 'none'}.")
    return tuple(name for name in known if name in wanted)


def counted(network: Network) -> tuple[str, ...]:
    """The convolutions and dense layers with weights, in order: those by which people count layers."""
    return tuple(name for name in freezable(network) if network[name].about.category in ("convolution", "dense"))


def all_but(network: Network, last: int) -> tuple[str, ...]:
    """What to freeze so that only the last so many convolutions and dense layers learn, and what has weights between.

    Normalisation and slopes do not count. ConvscopeError if there are not so many.
    """
    known, large = freezable(network), counted(network)
    if isinstance(last, bool) or not isinstance(last, int) or not 0 <= last <= len(large):
        what = f"{network.name} has {len(large)} convolutions and dense layers"
        raise ConvscopeError(f"{what} and the last {last!r} shall learn; use a whole number from 0 to {len(large)}.")
    return known if last == 0 else known[: known.index(large[-last])]


def thawed(network: Network, frozen: Collection[str]) -> tuple[str, ...]:
    """What stays frozen when one convolution or dense layer more learns, from the end on."""
    large = counted(network)
    learning = sum(name not in frozen for name in large)
    return all_but(network, learning + 1) if learning + 1 < len(large) else ()


def _fault(network: Network, name: str) -> str:
    if name in network:
        return f"{name} ({network[name].type_name()}) has no weights to freeze"
    return f"there is no layer {str(name)[:60]!r}"
