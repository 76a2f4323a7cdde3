"""Keep the number of channels at bay: one filter for each channel, then a 1×1 that mixes the channels.

From 256 to 256 channels a 3×3 takes 589,824 weights, the separable one 9·256 + 256² = 67,840 (Howard et al. 2017,
MobileNets, §3.1). No ReLU stands between the two, as in Chollet 2016, Xception, §4.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...layers.conv.spec import Conv2D
from ...spec import Layer, Shape
from .findings import Advice
from .rewrite import Rewrite
from .study import MANY_CHANNELS, Study, filter_weights


def check(study: Study) -> Iterator[Advice]:
    """Convolutions over many channels."""
    for node, layer, reads in study.convolutions():
        exchange = study.exchange(node, links(layer, reads))
        if min(reads[2], layer.filters) >= MANY_CHANNELS and study.worth(exchange):
            rewrite = Rewrite(f"{node.name}: separable convolution", (exchange,))
            yield Advice((node.name,), "separable", f"{node.name}: {_text(layer, reads)}", rewrite)


def links(layer: Conv2D, reads: Shape) -> list[tuple[str, Layer]]:
    """Depthwise, then pointwise; a bias of the first would be one of the second in disguise."""
    depthwise = layer.replace(filters=reads[2], groups=reads[2], bias=False)
    return [("depthwise", depthwise), ("", Conv2D(layer.filters, 1, bias=layer.bias))]


def _text(layer: Conv2D, reads: Shape) -> str:
    taps, channels = layer.kernel[0] * layer.kernel[1], reads[2]
    size, old = f"{layer.kernel[0]}×{layer.kernel[1]}", filter_weights(layer, reads)
    new = taps * channels + channels * layer.filters
    return (
        f"a {size} from {channels} to {layer.filters} channels takes {old:,} weights; one {size} for each channel and "
        f"a 1×1 that mixes them take {taps}·{channels} + {channels}·{layer.filters} = {new:,}, "
        f"{old / new:.1f} times fewer"
    )
