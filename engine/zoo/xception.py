"""Xception (Chollet 2016): depthwise separable convolutions with residual connections."""

from ..blocks import Separable, XceptionMiddle, XceptionShrinking
from ..blocks.chains import conv_bn_relu
from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.pool.spec import GlobalAvgPool
from ..spec import Shape
from .catalogue import entry

_LARGE_PHOTO, _ICON = (299, 299, 3), (32, 32, 3)


@entry(2016, "Chollet, Xception, figure 5", _LARGE_PHOTO, compact=False)
def xception(input: Shape = _LARGE_PHOTO, classes: int = 1000) -> Network:
    """Entry, middle and exit flow; 22,855,952 parameters, batch norm's running averages not counted."""
    net = Network(input, "xception")
    conv_bn_relu(net, "conv1", 32, 3, stride=2)
    conv_bn_relu(net, "conv2", 64, 3)
    for number, filters in enumerate((128, 256, 728), start=1):
        net.add_block(XceptionShrinking(filters, filters, relu_first=number > 1), f"entry{number}")
    for number in range(1, 9):
        net.add_block(XceptionMiddle(), f"middle{number}")
    net.add_block(XceptionShrinking(728, 1024), "exit1")
    return _exit(net, (1536, 2048), classes)


@entry(2016, "after Chollet, Xception", _ICON, compact=True)
def xception_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """Two shrinking blocks, two of the middle flow and two separable convolutions behind them."""
    net = Network(input, "xception_mini")
    conv_bn_relu(net, "conv1", 32, 3, padding=1)
    net.add_block(XceptionShrinking(64, 64, relu_first=False), "entry1")
    net.add_block(XceptionShrinking(128, 128), "entry2")
    for number in (1, 2):
        net.add_block(XceptionMiddle(), f"middle{number}")
    return _exit(net, (192, 256), classes)


def _exit(net: Network, widths: tuple[int, int], classes: int) -> Network:
    """Two separable convolutions of so many filters, each with a ReLU behind it, and the scores."""
    for number, filters in enumerate(widths, start=2):
        net.add_block(Separable(filters, between=False), f"exit{number}")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(classes), "scores")
    return net
