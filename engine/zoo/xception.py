"""Xception (Chollet 2016): depthwise separable convolutions with residual connections."""

from itertools import pairwise

from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.dense.spec import Dense
from ..layers.merge.spec import Add
from ..layers.pool.spec import GlobalAvgPool, MaxPool2D
from ..spec import Shape
from .blocks import conv_bn, conv_bn_relu, separable_bn
from .catalogue import entry

_LARGE_PHOTO, _ICON = (299, 299, 3), (32, 32, 3)


@entry(2016, "Chollet, Xception, figure 5", _LARGE_PHOTO, compact=False)
def xception(input: Shape = _LARGE_PHOTO, classes: int = 1000) -> Network:
    """Entry, middle and exit flow; 22,855,952 parameters, batch norm's running averages not counted."""
    net = Network(input, "xception")
    conv_bn_relu(net, "conv1", 32, 3, stride=2)
    last, channels = conv_bn_relu(net, "conv2", 64, 3), 64
    for number, filters in enumerate((128, 256, 728), start=1):
        last = _shrinking(net, f"entry{number}", last, (channels, filters, filters), relu_first=number > 1)
        channels = filters
    for number in range(1, 9):
        last = _middle(net, f"middle{number}", last, 728)
    _shrinking(net, "exit1", last, (728, 728, 1024))
    return _exit(net, (1024, 1536, 2048), classes)


@entry(2016, "after Chollet, Xception", _ICON, compact=True)
def xception_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """Two shrinking blocks, two of the middle flow and two separable convolutions behind them."""
    net = Network(input, "xception_mini")
    last = conv_bn_relu(net, "conv1", 32, 3, padding=1)
    last = _shrinking(net, "entry1", last, (32, 64, 64), relu_first=False)
    last = _shrinking(net, "entry2", last, (64, 128, 128))
    for number in (1, 2):
        last = _middle(net, f"middle{number}", last, 128)
    return _exit(net, (128, 192, 256), classes)


def _shrinking(net: Network, prefix: str, source: str, widths: tuple[int, int, int], relu_first: bool = True) -> str:
    """Two separable convolutions and a pooling of stride 2, beside a 1×1 convolution of stride 2.

    `widths` are the channels of the source and of the two convolutions.
    """
    channels, middle, filters = widths
    last = net.add(ReLU(), f"{prefix}_relu1", source) if relu_first else source
    separable_bn(net, f"{prefix}_conv1", channels, middle, last)
    net.add(ReLU(), f"{prefix}_relu2")
    separable_bn(net, f"{prefix}_conv2", middle, filters)
    main = net.add(MaxPool2D(3, 2, padding="same"), f"{prefix}_pool")
    shortcut = conv_bn(net, f"{prefix}_shortcut_conv", filters, 1, source, stride=2)
    return net.add(Add(), f"{prefix}_add", [main, shortcut])


def _middle(net: Network, prefix: str, source: str, width: int) -> str:
    """Three separable convolutions around a shortcut."""
    last = source
    for number in (1, 2, 3):
        net.add(ReLU(), f"{prefix}_relu{number}", last)
        last = separable_bn(net, f"{prefix}_conv{number}", width, width)
    return net.add(Add(), f"{prefix}_add", [last, source])


def _exit(net: Network, widths: tuple[int, int, int], classes: int) -> Network:
    """Two separable convolutions, each with a ReLU behind it, and the scores; `widths` are channels, theirs behind."""
    for number, (channels, filters) in enumerate(pairwise(widths), start=1):
        separable_bn(net, f"exit_conv{number}", channels, filters)
        net.add(ReLU(), f"exit_relu{number}")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(classes), "scores")
    return net
