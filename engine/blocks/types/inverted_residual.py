"""The inverted residual block of MobileNetV2, MobileNetV3 and EfficientNet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.activation.spec import ClippedReLU, HardSwish, ReLU, Swish
from ...layers.merge.spec import Add
from ...spec import About, Layer, choice, integer
from ..block import Block, Example, channels_of
from ..chains import behind, conv_bn
from ..excitation import excited

_ACTIVATIONS: dict[str, Layer] = {
    "relu6": ClippedReLU(),
    "relu": ReLU(),
    "hard-swish": HardSwish(),
    "swish": Swish(),
}


@dataclass(frozen=True)
class InvertedResidual(Block):
    """1×1 filters that expand the channels, a depthwise convolution, 1×1 filters that reduce them, and a shortcut."""

    filters: int = integer(24, label="Filters", help="1×1 filters at the end, and so output channels.")
    expanded: int = integer(
        96, label="Expanded", help="Channels of the depthwise convolution; as many as come in: without expansion."
    )
    kernel: int = integer(3, label="Kernel", help="Rows and columns of the depthwise filters.", maximum=63)
    stride: int = integer(1, label="Stride", help="Step of the depthwise convolution.", maximum=8)
    squeezed: int = integer(
        0,
        label="Squeezed",
        help="Units of squeeze-and-excitation inside, which scales the channels; 0: none.",
        minimum=0,
    )
    activation: str = choice("relu6", tuple(_ACTIVATIONS), label="Activation", help="Behind all but the last.")

    about = About(
        category="block",
        summary="A depthwise convolution between 1×1 ones, around which few channels pass.",
        help="What blocks hand on has few channels and no activation; only inside the block there are many. The input "
        "is added where the output has its shape.",
        source="Sandler et al. 2018, MobileNetV2, table 1; Howard et al. 2019, Searching for MobileNetV3, figure 4; "
        "Tan & Le 2019, EfficientNet, §4",
    )

    @property
    def telling(self) -> bool:
        return self.activation != "relu" or self.squeezed > 0

    def expand(self, net: Network, name: str, source: str) -> str:
        channels, last = channels_of(net, source), source
        if self.expanded != channels:
            last = self._activated(net, f"{name}_conv_expand", self.expanded, 1, last)
        before, after = (self.kernel - 1) // 2, self.kernel // 2
        geometry = {"stride": self.stride, "padding": (before, after, before, after), "groups": self.expanded}
        last = self._activated(net, f"{name}_conv_depthwise", self.expanded, self.kernel, last, **geometry)
        if self.squeezed:
            kind = "swish" if self.activation == "swish" else "hard"
            last = excited(net, f"{name}_se", last, self.expanded, self.squeezed, kind)
        last = conv_bn(net, f"{name}_conv_project", self.filters, 1, last)
        if self.stride == 1 and self.filters == channels:
            return net.add(Add(), f"{name}_add", [last, source])
        return last

    def _activated(self, net: Network, conv: str, filters: int, kernel: int, source: str, **more: object) -> str:
        conv_bn(net, conv, filters, kernel, source, **more)
        return net.add(_ACTIVATIONS[self.activation], behind(conv, "act"))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(3, 6), (5, 7, 3)),
            Example(cls(4, 3, stride=2), (5, 7, 3)),
            Example(cls(3, 5, kernel=5, squeezed=2, activation="hard-swish"), (5, 7, 3)),
            Example(cls(2, 4, squeezed=1, activation="swish"), (4, 3, 3)),
            Example(cls(2, 4, squeezed=2, activation="relu"), (4, 3, 3)),
        )
