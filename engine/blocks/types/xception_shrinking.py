"""Xception's block that halves the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.activation.spec import ReLU
from ...layers.merge.spec import Add
from ...layers.pool.spec import MaxPool2D
from ...spec import About, flag, integer
from ..block import Block, Example, channels_of
from ..chains import conv_bn, separable_bn


@dataclass(frozen=True)
class XceptionShrinking(Block):
    """Two separable convolutions and a pooling of stride 2, beside a 1×1 convolution of stride 2."""

    middle: int = integer(128, label="Middle", help="Filters of the first separable convolution.")
    filters: int = integer(128, label="Filters", help="Filters of the second one, and so output channels.")
    relu_first: bool = flag(True, label="ReLU first", help="Begin with a ReLU; the first block of Xception does not.")

    about = About(
        category="block",
        summary="Xception's entry and exit flow: separable convolutions and a pooling around a projection.",
        help="Halves rows and columns. Between the depthwise and the 1×1 convolutions stands nothing.",
        source="Chollet 2016, Xception, figure 5",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        last = net.add(ReLU(), f"{name}_relu1", source) if self.relu_first else source
        separable_bn(net, f"{name}_conv1", channels_of(net, source), self.middle, last)
        net.add(ReLU(), f"{name}_relu2")
        separable_bn(net, f"{name}_conv2", self.middle, self.filters)
        main = net.add(MaxPool2D(3, 2, padding="same"), f"{name}_pool")
        shortcut = conv_bn(net, f"{name}_shortcut_conv", self.filters, 1, source, stride=2)
        return net.add(Add(), f"{name}_add", [main, shortcut])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(3, 4), (5, 7, 3)), Example(cls(4, 2, relu_first=False), (5, 7, 3)))
