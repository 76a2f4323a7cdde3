"""Network in Network (Lin, Chen & Yan 2013): 1×1 convolutions as small networks at each position."""

from ..blocks.chains import conv_relu
from ..graph import Network
from ..layers.pool.spec import AvgPool2D, GlobalAvgPool, MaxPool2D
from ..layers.regularise.spec import Dropout
from ..spec import Shape
from .catalogue import entry

_ICON = (32, 32, 3)


@entry(2013, "Lin, Chen & Yan, Network in Network, §3, widths of their CIFAR-10 model", _ICON, compact=True)
def nin_cifar(input: Shape = _ICON, classes: int = 10) -> Network:
    """Three convolutions, each with two of 1×1 behind it; the mean of a class's map is its score."""
    net = Network(input, "nin_cifar")
    conv_relu(net, "conv1", 192, 5, padding=2)
    conv_relu(net, "conv1_a", 160, 1)
    conv_relu(net, "conv1_b", 96, 1)
    net.add(MaxPool2D(3, 2, ceil_mode=True), "pool1")
    net.add(Dropout(0.5), "dropout1")
    conv_relu(net, "conv2", 192, 5, padding=2)
    conv_relu(net, "conv2_a", 192, 1)
    conv_relu(net, "conv2_b", 192, 1)
    net.add(AvgPool2D(3, 2, ceil_mode=True), "pool2")
    net.add(Dropout(0.5), "dropout2")
    conv_relu(net, "conv3", 192, 3, padding=1)
    conv_relu(net, "conv3_a", 192, 1)
    conv_relu(net, "conv3_b", classes, 1)
    net.add(GlobalAvgPool(), "scores")
    return net
