"""Take square filters apart: 1×N and then N×1 see as much as N×N.

For C channels N²·C² weights become 2N·C² (Szegedy et al. 2015, Rethinking the Inception Architecture, §3.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...layers.activation.spec import ReLU
from ...layers.conv.spec import Conv2D
from ...spec import Layer, Shape
from .findings import Advice
from .rewrite import Rewrite
from .study import MANY_CHANNELS, PICTURE_CHANNELS, Study, chain_weights, filter_weights

# A 3×3 saves but a third, which pays where there are many channels.
_LARGE = 5


def check(study: Study) -> Iterator[Advice]:
    """Square filters: large ones, and small ones over many channels."""
    for node, layer, reads in study.convolutions():
        narrower = min(reads[2], layer.filters)
        if reads[2] <= PICTURE_CHANNELS or (layer.kernel[0] < _LARGE and narrower < MANY_CHANNELS):
            continue
        exchange = study.exchange(node, links(layer, reads))
        if study.worth(exchange):
            size = layer.kernel[0]
            rewrite = Rewrite(f"{node.name}: 1×{size} and {size}×1", (exchange,))
            yield Advice((node.name,), "factorise", f"{node.name}: {_text(layer, reads)}", rewrite)


def links(layer: Conv2D, reads: Shape) -> list[tuple[str, Layer]]:
    """Along the rows, a ReLU, along the columns; each has the stride, padding and dilation of its direction."""
    size, (top, bottom, left, right) = layer.kernel[0], layer.geometry.pads(reads[0], reads[1])
    between = min(reads[2], layer.filters)
    row = Conv2D(between, (1, size), (1, layer.stride[1]), (0, 0, left, right), (1, layer.dilation[1]))
    column = Conv2D(
        layer.filters, (size, 1), (layer.stride[0], 1), (top, bottom, 0, 0), (layer.dilation[0], 1), bias=layer.bias
    )
    return [(f"1x{size}", row), (f"1x{size}_relu", ReLU()), ("", column)]


def _text(layer: Conv2D, reads: Shape) -> str:
    size, channels = layer.kernel[0], reads[2]
    old, new = filter_weights(layer, reads), chain_weights([link for _, link in links(layer, reads)], reads)
    return (
        f"a {size}×{size} from {channels} to {layer.filters} channels takes {old:,} weights; 1×{size} and {size}×1 "
        f"through {min(channels, layer.filters)} channels see the same {size}×{size} for {new:,}"
    )
