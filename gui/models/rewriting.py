"""Applying what advice or a repair proposes, as one undo step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.engine.graph import Network
from convscope.engine.repair import Repair

from .arrange import CARD, Spacing, arrange, is_tidy
from .document import Document
from .edits import make_room

if TYPE_CHECKING:
    from convscope.engine.cost.advice import Exchange, Rewrite

_LARGEST_TIDY = 300  # arranging larger networks takes long enough to be felt


def apply_rewrite(document: Document, rewrite: Rewrite) -> None:
    """Put other layers in place of some, select the last of them, and find places for all.

    ConvscopeError, and nothing changes, if the network no longer has the layers that the advice was about.
    """
    network = document.network
    tidy = len(network) <= _LARGEST_TIDY and network.layout == arrange(network)

    def change(net: Network) -> None:
        before = dict(net.layout)
        rewrite.edit(net)
        if tidy:
            net.layout = arrange(net)
        else:
            for exchange in rewrite.exchanges:
                _place(net, exchange, before)

    document.edit(rewrite.title, change, select=rewrite.exchanges[-1].end)


def apply_repair(document: Document, repair: Repair) -> None:
    """Do what ends a problem, and select the first layer that came new; ConvscopeError, and nothing changes, if it
    cannot be done any more."""
    after = document.network.copy()
    repair.edit(after)
    new = [name for name in after.nodes if name not in document.network.nodes]
    if is_tidy(document.network):
        after.layout = arrange(after)
    else:
        for name in new:
            make_room(after, name, after.nodes[name].inputs[0])
    document.edit(repair.title, lambda network: network.assign(after), select=new[0] if new else None)


def _place(network: Network, exchange: Exchange, before: dict[str, tuple[float, float]]) -> None:
    """Stand the new layers below each other where the old ones began; what is in their way moves down."""
    row = Spacing().row
    x, y = before[exchange.names[0]]
    chain = [name for name, _ in exchange.chain]
    grown = row * (len(chain) - len(exchange.names))
    if grown > 0:
        for name, (left, top) in network.layout.items():
            if name not in chain and abs(left - x) < CARD[0] and top > y:
                network.layout[name] = (left, top + grown)
    network.layout.update({name: (x, y + row * i) for i, name in enumerate(chain)})
