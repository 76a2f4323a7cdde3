"""Rewrites: changes of a network that keep all its shapes."""

from __future__ import annotations

from dataclasses import dataclass

from ...graph import Network, Node
from ...spec import ConvscopeError, Layer, Shape, format_shape
from .preview import Preview, compare


@dataclass(frozen=True)
class Exchange:
    """A path of nodes as they were found, the shape its first node reads, and the named layers to stand instead.

    The chain gives what the path gives. It ends under the name of the path's last node wherever the path has readers.
    """

    path: tuple[Node, ...]
    reads: Shape
    chain: tuple[tuple[str, Layer], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.path)

    @property
    def end(self) -> str:
        """Name of the node that gives the result afterwards."""
        return self.chain[-1][0]


@dataclass(frozen=True)
class Rewrite:
    """Exchanges of layers that leave the network's input and output shapes and all other nodes as they are.

    `title` names the undo step: `Document.edit(rewrite.title, rewrite.edit)`.
    """

    title: str
    exchanges: tuple[Exchange, ...]

    def edit(self, network: Network) -> None:
        """Rewrite this network itself.

        ConvscopeError, and nothing changes, if the network no longer has the layers that the advice was about.
        """
        after = self.apply(network)
        network.assign(after)

    def apply(self, network: Network) -> Network:
        """A rewritten copy; ConvscopeError if the network no longer has the layers that the advice was about."""
        after = network.copy()
        for exchange in self.exchanges:
            _require_unchanged(network, exchange)
            after.exchange(exchange.names, exchange.chain)
        return after

    def preview(self, network: Network, batch: int = 1) -> Preview:
        """What the network takes before and after; receptive fields are those of the last result that is rewritten."""
        last = self.exchanges[-1]
        return compare((network, last.names[-1]), (self.apply(network), last.end), batch)


def _require_unchanged(network: Network, exchange: Exchange) -> None:
    for found in exchange.path:
        node = network.nodes.get(found.name)
        if node is None:
            raise ConvscopeError(_stale(f"there is no layer {found.name} any more"))
        if node != found:
            raise ConvscopeError(_stale(f"{found.name} has been changed"))
    reads = network.input_shapes(exchange.names[0])[0]
    if reads != exchange.reads:
        was = f"{exchange.names[0]} reads {format_shape(reads)} and read {format_shape(exchange.reads)}"
        raise ConvscopeError(_stale(was))


def _stale(what: str) -> str:
    return f"{what} since this advice was given; ask for advice on the network as it is now"
