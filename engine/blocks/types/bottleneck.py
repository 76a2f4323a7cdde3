"""The residual block with a bottleneck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.activation.spec import ReLU
from ...spec import About, integer
from ..block import Block, Example
from ..chains import conv_bn, conv_bn_relu
from ..shortcut import joined, shortcut


@dataclass(frozen=True)
class Bottleneck(Block):
    """1×1, 3×3 and 1×1 convolutions around a shortcut.

    The stride is on the 3×3 convolution, which therefore sees every pixel; the paper has it on the first 1×1.
    """

    filters: int = integer(64, label="Filters", help="Filters of the first 1×1 and of the 3×3 convolution.")
    stride: int = integer(1, label="Stride", help="Step of the 3×3 convolution and of the shortcut.", maximum=8)
    growth: int = integer(4, label="Growth", help="Output channels for each of the filters.", maximum=64)
    shortcut: str = shortcut()

    about = About(
        category="block",
        summary="Residual block whose 3×3 convolution works on fewer channels.",
        help="A 1×1 convolution reduces the channels, another restores them, and the 3×3 between them costs little.",
        source="He et al. 2015, Deep Residual Learning, figure 5 right",
    )

    @property
    def telling(self) -> bool:
        return self.shortcut != "none"

    def expand(self, net: Network, name: str, source: str) -> str:
        conv_bn_relu(net, f"{name}_conv1", self.filters, 1, source)
        conv_bn_relu(net, f"{name}_conv2", self.filters, 3, stride=self.stride, padding=1)
        main = conv_bn(net, f"{name}_conv3", self.growth * self.filters, 1)
        last = joined(net, name, main, source, self.growth * self.filters, self.stride, self.shortcut)
        return net.add(ReLU(), f"{name}_relu3", last)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(2, stride=2), (5, 7, 3)),
            Example(cls(2, growth=2), (5, 7, 4)),
            Example(cls(2, growth=3, stride=2, shortcut="pad"), (5, 7, 3)),
        )
