"""Keep the number of channels at bay: a 3×3 over many channels between two 1×1 that make them few and many again.

From 256 to 256 channels a 3×3 takes 589,824 weights, 1×1 to 64, 3×3 and 1×1 back take 69,632 (Lin, Chen & Yan 2013,
Network in Network; He et al. 2015, Deep Residual Learning, figure 5).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...graph import Node
from ...layers.activation.spec import ReLU
from ...layers.conv.spec import Conv2D
from ...spec import Layer, Shape
from .findings import Advice
from .rewrite import Rewrite
from .study import MANY_CHANNELS, Study, chain_weights, filter_weights

# The 256 channels of the example become 64.
_REDUCTION = 4
# Layers that change values but neither places nor channels: what stands before them feeds what stands behind.
_TRANSPARENT = {"activation", "normalisation", "regularisation"}


def check(study: Study) -> Iterator[Advice]:
    """Convolutions over many channels that do not stand in a bottleneck yet."""
    for node, layer, reads in study.convolutions():
        if min(reads[2], layer.filters) < MANY_CHANNELS or _is_reduced(study, node):
            continue
        exchange = study.exchange(node, links(layer, reads))
        if study.worth(exchange):
            rewrite = Rewrite(f"{node.name}: 1×1 bottleneck", (exchange,))
            yield Advice((node.name,), "bottleneck", f"{node.name}: {_text(layer, reads)}", rewrite)


def links(layer: Conv2D, reads: Shape) -> list[tuple[str, Layer]]:
    """Reduce, convolve, expand, with a ReLU after each of the first two."""
    few = _few(layer, reads)
    inner = layer.replace(filters=few, bias=True)
    expand = Conv2D(layer.filters, 1, bias=layer.bias)
    reduce: list[tuple[str, Layer]] = [("reduce", Conv2D(few, 1)), ("reduce_relu", ReLU())]
    return [*reduce, ("narrow", inner), ("narrow_relu", ReLU()), ("", expand)]


def _few(layer: Conv2D, reads: Shape) -> int:
    return max(1, min(reads[2], layer.filters) // _REDUCTION)


def _is_reduced(study: Study, node: Node) -> bool:
    """Whether the node reads what a 1×1 convolution has made narrower."""
    source = study.network.nodes.get(node.inputs[0])
    while source and source.layer.about.category in _TRANSPARENT:
        source = study.network.nodes.get(source.inputs[0])
    if source is None or not isinstance(source.layer, Conv2D) or source.layer.kernel != (1, 1):
        return False
    return source.layer.filters < study.reads(source)[0][2]


def _text(layer: Conv2D, reads: Shape) -> str:
    size, few = f"{layer.kernel[0]}×{layer.kernel[1]}", _few(layer, reads)
    narrow = chain_weights([link for _, link in links(layer, reads)], reads)
    return (
        f"a {size} from {reads[2]} to {layer.filters} channels takes {filter_weights(layer, reads):,} weights; "
        f"1×1 to {few} channels, {size} there and 1×1 to {layer.filters} take {narrow:,}"
    )
