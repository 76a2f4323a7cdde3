"""MobileNet's block: a depthwise separable convolution with batch norm and ReLU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.conv.spec import Conv2D
from ...spec import About, flag, integer
from ..block import Block, Example, channels_of
from ..chains import conv_bn_relu


@dataclass(frozen=True)
class Separable(Block):
    """A 3×3 filter for each channel, then 1×1 filters over all of them."""

    filters: int = integer(64, label="Filters", help="1×1 filters, and so output channels.")
    stride: int = integer(1, label="Stride", help="Step of the 3×3 convolution.", maximum=8)
    between: bool = flag(
        True, label="ReLU between", help="Batch norm and a ReLU between the two, as MobileNet has and Xception has not."
    )

    about = About(
        category="block",
        summary="Depthwise 3×3 and pointwise 1×1 convolutions with batch norm and ReLU.",
        help="Space and channels are filtered one after the other: about a ninth of the work of a 3×3 convolution.",
        source="Howard et al. 2017, MobileNets, figure 3 right; Chollet 2016, Xception, §2",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        channels = channels_of(net, source)
        geometry = {"stride": self.stride, "padding": 1, "groups": channels}
        if self.between:
            conv_bn_relu(net, f"{name}_conv_depthwise", channels, 3, source, **geometry)
        else:
            net.add(Conv2D(channels, 3, bias=False, **geometry), f"{name}_conv_depthwise", source)
        return conv_bn_relu(net, f"{name}_conv_pointwise", self.filters, 1)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(4, stride=2), (5, 7, 3)), Example(cls(4, between=False), (5, 7, 3)))
