"""DenseNet's transition between two dense blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.pool.spec import AvgPool2D
from ...spec import About, number
from ..block import Block, Example, channels_of
from ..chains import bn_relu_conv


@dataclass(frozen=True)
class DenseTransition(Block):
    """1×1 filters and an average pooling that halves the map."""

    compression: float = number(
        0.5,
        label="Compression",
        help="Output channels for each input channel, rounded down: the paper's θ.",
        minimum=0.01,
        maximum=1.0,
    )

    about = About(
        category="block",
        summary="Reduces channels by 1×1 filters and halves the map between dense blocks.",
        help="Dense blocks only grow; a compression below 1 makes the network a DenseNet-C.",
        source="Huang et al. 2016, Densely Connected Convolutional Networks, §3",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        filters = max(1, int(self.compression * channels_of(net, source)))
        bn_relu_conv(net, f"{name}_conv", filters, 1, source)
        return net.add(AvgPool2D(2, 2), f"{name}_pool")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), (6, 8, 4)), Example(cls(1.0), (6, 8, 3)))
