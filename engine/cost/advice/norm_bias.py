"""No bias right before batch norm: it subtracts the mean, and with it every constant (Ioffe & Szegedy 2015, §3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ...layers.norm.spec import BatchNorm
from ...spec import size
from .findings import Advice
from .rewrite import Exchange, Rewrite
from .study import Study


def check(study: Study) -> Iterator[Advice]:
    """All layers with a bias that only batch norms read, in one piece of advice."""
    network, exchanges, numbers = study.network, [], 0
    for node in study.nodes:
        bias = [w for w in node.layer.weights(study.reads(node)) if w.name == "bias" and "bias" in node.layer.params()]
        readers = network.consumers(node.name)
        if bias and readers and all(isinstance(network[reader], BatchNorm) for reader in readers):
            chain = ((node.name, node.layer.replace(bias=False)),)
            exchanges.append(Exchange((node,), study.reads(node)[0], chain))
            numbers += size(bias[0].shape)
    if not exchanges:
        return
    names = tuple(exchange.end for exchange in exchanges)
    named = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    text = f"{named}: batch norm takes away the mean, and with it the bias: {numbers:,} parameters without effect"
    title = f"{names[0]}: no bias" if len(names) == 1 else f"No bias in {len(names)} layers before batch norm"
    yield Advice(names, "norm-bias", text, Rewrite(title, tuple(exchanges)))
