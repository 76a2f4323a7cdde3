"""EfficientNets (Tan & Le 2019): inverted residuals with squeeze-and-excitation and swish."""

from collections.abc import Sequence

from ..blocks import InvertedResidual
from ..blocks.chains import conv_bn
from ..graph import Network
from ..layers.activation.spec import Swish
from ..layers.dense.spec import Dense
from ..layers.pool.spec import GlobalAvgPool
from ..layers.regularise.spec import Dropout
from ..spec import Shape
from .catalogue import entry

_PHOTO, _ICON = (224, 224, 3), (32, 32, 3)
_B0 = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)  # fmt: skip
_MINI = ((1, 3, 1, 16, 1), (4, 3, 2, 24, 2), (4, 5, 2, 40, 2))
"""Table 1: expansion, kernel, stride of the first, filters, repetitions."""


@entry(2019, "Tan & Le, EfficientNet, table 1", _PHOTO, compact=False)
def efficientnet_b0(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """A 3×3 convolution, 16 inverted residuals in seven stages, and 1280 filters of 1×1; 5,288,548 parameters."""
    net = Network(input, "efficientnet_b0")
    _first(net, 32, stride=2)
    return _behind(net, _B0, 32, 1280, classes)


@entry(2019, "after Tan & Le, EfficientNet, table 1", _ICON, compact=True)
def efficientnet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """A 3×3 convolution, five inverted residuals of up to 160 channels inside, and 128 filters of 1×1."""
    net = Network(input, "efficientnet_mini")
    _first(net, 16, stride=1)
    return _behind(net, _MINI, 16, 128, classes)


def _first(net: Network, filters: int, stride: int) -> None:
    conv_bn(net, "conv1", filters, 3, stride=stride, padding=1)
    net.add(Swish(), "act1")


def _behind(
    net: Network, stages: Sequence[tuple[int, int, int, int, int]], channels: int, filters: int, classes: int
) -> Network:
    """The stages behind so many channels, 1×1 filters, and the scores."""
    for stage, (expansion, kernel, first, wanted, count) in enumerate(stages, start=1):
        for number in range(1, count + 1):
            stride = first if number == 1 else 1
            block = InvertedResidual(wanted, expansion * channels, kernel, stride, max(1, channels // 4), "swish")
            net.add_block(block, f"s{stage}b{number}")
            channels = wanted
    conv_bn(net, "conv2", filters, 1)
    net.add(Swish(), "act2")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dropout(0.2), "dropout")
    net.add(Dense(classes), "scores")
    return net
