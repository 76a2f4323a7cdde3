"""Networks of depthwise separable convolutions (Howard et al. 2017)."""

from ..blocks import Separable
from ..blocks.chains import conv_bn_relu
from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.pool.spec import GlobalAvgPool
from ..spec import Shape
from .catalogue import entry

_PHOTO, _ICON = (224, 224, 3), (32, 32, 3)

_TABLE_1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1))
"""Filters and stride of each block."""


@entry(2017, "Howard et al., MobileNets, table 1", _PHOTO, compact=False)
def mobilenet_v1(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """A 3×3 convolution and 13 depthwise separable blocks of up to 1024 channels; 4,231,976 parameters.

    The last block has stride 1: with the 2 that the table prints, its map would be 4×4 and not the table's own 7×7.
    """
    net = Network(input, "mobilenet_v1")
    conv_bn_relu(net, "conv1", 32, 3, stride=2, padding=1)
    return _separable_blocks(net, _TABLE_1, classes)


@entry(2017, "after Howard et al., MobileNets, §3.1", _ICON, compact=True)
def mobilenet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """A 3×3 convolution and five depthwise separable blocks of up to 256 channels; 136,778 parameters."""
    net = Network(input, "mobilenet_mini")
    conv_bn_relu(net, "conv1", 32, 3, padding=1)
    return _separable_blocks(net, _BLOCKS, classes)


def _separable_blocks(net: Network, blocks: tuple[tuple[int, int], ...], classes: int) -> Network:
    """Blocks of (filters, stride), and the scores."""
    for number, (filters, stride) in enumerate(blocks, start=1):
        net.add_block(Separable(filters, stride), f"b{number}")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(classes), "scores")
    return net
