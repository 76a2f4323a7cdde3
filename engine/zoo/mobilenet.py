"""Networks of depthwise separable convolutions (Howard et al. 2017)."""

from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.pool.spec import GlobalAvgPool
from ..spec import Shape
from .blocks import conv_bn_relu
from .catalogue import entry

_ICON = (32, 32, 3)
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1))
"""Filters and stride of each block."""


@entry(2017, "after Howard et al., MobileNets, §3.1", _ICON, compact=True)
def mobilenet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """A 3×3 convolution and five depthwise separable blocks of up to 256 channels; 136,778 parameters."""
    net = Network(input, "mobilenet_mini")
    conv_bn_relu(net, "conv1", 32, 3, padding=1)
    channels = 32
    for number, (filters, stride) in enumerate(_BLOCKS, start=1):
        _separable(net, f"b{number}", channels, filters, stride)
        channels = filters
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(classes), "scores")
    return net


def _separable(net: Network, prefix: str, channels: int, filters: int, stride: int) -> None:
    """A 3×3 filter for each channel, then 1×1 filters over all of them, each with batch norm and ReLU (figure 3)."""
    conv_bn_relu(net, f"{prefix}_conv_depthwise", channels, 3, stride=stride, padding=1, groups=channels)
    conv_bn_relu(net, f"{prefix}_conv_pointwise", filters, 1)
