"""The basic residual block."""

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
class Residual(Block):
    """Two 3×3 convolutions around a shortcut."""

    filters: int = integer(64, label="Filters", help="Filters of both convolutions, and so output channels.")
    stride: int = integer(1, label="Stride", help="Step of the first convolution and of the shortcut.", maximum=8)
    shortcut: str = shortcut()

    about = About(
        category="block",
        summary="Two 3×3 convolutions whose result is added to what they read.",
        help="The block learns what to add to its input, and gradients pass through the sum unchanged, so that far "
        "deeper networks can be trained.",
        source="He et al. 2015, Deep Residual Learning, figure 5 left",
    )

    @property
    def telling(self) -> bool:
        return self.shortcut != "none"

    def expand(self, net: Network, name: str, source: str) -> str:
        conv_bn_relu(net, f"{name}_conv1", self.filters, 3, source, stride=self.stride, padding=1)
        main = conv_bn(net, f"{name}_conv2", self.filters, 3, padding=1)
        last = joined(net, name, main, source, self.filters, self.stride, self.shortcut)
        return net.add(ReLU(), f"{name}_relu2", last)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(3), (5, 7, 3)),
            Example(cls(4, stride=2), (5, 7, 3)),
            Example(cls(6, stride=2, shortcut="pad"), (5, 7, 3)),
            Example(cls(4, shortcut="none"), (5, 7, 3)),
        )
