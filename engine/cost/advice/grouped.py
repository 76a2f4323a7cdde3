"""Keep the number of channels at bay: channels in groups that do not see each other take a fraction of the weights.

G groups of C/G channels take 1/G of the weights (Krizhevsky et al. 2012; Xie et al. 2016, Aggregated Residual
Transformations, §3.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...spec import Layer
from .findings import Advice
from .rewrite import Rewrite
from .study import MANY_CHANNELS, Study, filter_weights

# So many that 256 channels make groups of 64, which is still enough for filters to combine.
_GROUPS = 4


def check(study: Study) -> Iterator[Advice]:
    """Convolutions over many channels that can be split evenly."""
    for node, layer, reads in study.convolutions():
        if min(reads[2], layer.filters) < MANY_CHANNELS or reads[2] % _GROUPS or layer.filters % _GROUPS:
            continue
        apart = layer.replace(groups=_GROUPS)
        links: list[tuple[str, Layer]] = [("", apart)]
        exchange = study.exchange(node, links)
        if study.worth(exchange):
            text = (
                f"{node.name}: its filters see all {reads[2]} channels with {filter_weights(layer, reads):,} weights; "
                f"in {_GROUPS} groups of {reads[2] // _GROUPS} channels they take {filter_weights(apart, reads):,}"
            )
            rewrite = Rewrite(f"{node.name}: {_GROUPS} groups", (exchange,))
            yield Advice((node.name,), "grouped", text, rewrite)
