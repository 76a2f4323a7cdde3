"""Networks of depthwise separable convolutions (Howard et al. 2017), and of inverted residuals (2018, 2019)."""

from ..blocks import InvertedResidual, Separable
from ..blocks.chains import conv_bn, conv_bn_relu
from ..graph import Network
from ..layers.activation.spec import ClippedReLU, HardSwish
from ..layers.dense.spec import Dense
from ..layers.pool.spec import GlobalAvgPool
from ..layers.regularise.spec import Dropout
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


_V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Table 2: expansion, filters, repetitions, stride of the first."""

_V3_SMALL = (
    (3, 16, 16, True, "relu", 2), (3, 72, 24, False, "relu", 2), (3, 88, 24, False, "relu", 1),
    (5, 96, 40, True, "hard-swish", 2), *[(5, 240, 40, True, "hard-swish", 1)] * 2,
    (5, 120, 48, True, "hard-swish", 1), (5, 144, 48, True, "hard-swish", 1),
    (5, 288, 96, True, "hard-swish", 2), *[(5, 576, 96, True, "hard-swish", 1)] * 2,
)  # fmt: skip
_V3_LARGE = (
    (3, 16, 16, False, "relu", 1), (3, 64, 24, False, "relu", 2), (3, 72, 24, False, "relu", 1),
    (5, 72, 40, True, "relu", 2), *[(5, 120, 40, True, "relu", 1)] * 2,
    (3, 240, 80, False, "hard-swish", 2), (3, 200, 80, False, "hard-swish", 1),
    *[(3, 184, 80, False, "hard-swish", 1)] * 2, (3, 480, 112, True, "hard-swish", 1),
    (3, 672, 112, True, "hard-swish", 1), (5, 672, 160, True, "hard-swish", 2),
    *[(5, 960, 160, True, "hard-swish", 1)] * 2,
)  # fmt: skip
"""Tables 1 and 2: kernel, expanded channels, filters, squeeze-and-excitation, activation, stride."""


@entry(2018, "Sandler et al., MobileNetV2, table 2", _PHOTO, compact=False)
def mobilenet_v2(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """A 3×3 convolution, 17 inverted residuals with ReLU6, and 1280 filters of 1×1; 3,504,872 parameters."""
    net = Network(input, "mobilenet_v2")
    conv_bn(net, "conv1", 32, 3, stride=2, padding=1)
    net.add(ClippedReLU(), "act1")
    channels, number = 32, 0
    for expansion, filters, count, first in _V2:
        for stride in (first, *[1] * (count - 1)):
            number += 1
            net.add_block(InvertedResidual(filters, expansion * channels, stride=stride), f"b{number}")
            channels = filters
    conv_bn(net, "conv2", 1280, 1)
    net.add(ClippedReLU(), "act2")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dropout(0.2), "dropout")
    net.add(Dense(classes), "scores")
    return net


@entry(2019, "Howard et al., Searching for MobileNetV3, table 2", _PHOTO, compact=False)
def mobilenet_v3_small(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """Eleven inverted residuals, most with squeeze-and-excitation and hard swish; 2,542,856 parameters."""
    return _mobilenet_v3(Network(input, "mobilenet_v3_small"), _V3_SMALL, 1024, classes)


@entry(2019, "Howard et al., Searching for MobileNetV3, table 1", _PHOTO, compact=False)
def mobilenet_v3_large(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """Fifteen inverted residuals, half of them with squeeze-and-excitation; 5,483,032 parameters."""
    return _mobilenet_v3(Network(input, "mobilenet_v3_large"), _V3_LARGE, 1280, classes)


def _mobilenet_v3(
    net: Network, blocks: tuple[tuple[int, int, int, bool, str, int], ...], units: int, classes: int
) -> Network:
    """A 3×3 convolution, the blocks, as many 1×1 filters as channels inside the last one, and a dense layer."""
    conv_bn(net, "conv1", 16, 3, stride=2, padding=1)
    net.add(HardSwish(), "act1")
    for number, (kernel, expanded, filters, excites, activation, stride) in enumerate(blocks, start=1):
        squeezed = _divisible(expanded // 4) if excites else 0
        block = InvertedResidual(filters, expanded, kernel, stride, squeezed, activation)
        net.add_block(block, f"b{number}")
    conv_bn(net, "conv2", blocks[-1][1], 1)
    net.add(HardSwish(), "act2")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(units), "dense1")
    net.add(HardSwish(), "act3")
    net.add(Dropout(0.2), "dropout")
    net.add(Dense(classes), "scores")
    return net


def _divisible(channels: int) -> int:
    """The nearest multiple of 8, half of them upwards, that is at least 8 and nine tenths of the channels."""
    nearest = max(8, (channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest
