"""DenseNets (Huang, Liu, van der Maaten & Weinberger 2016): each layer reads the results of all before it."""

from collections.abc import Sequence

from ..blocks import DenseBlock, DenseTransition
from ..blocks.chains import conv_bn_relu
from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.norm.spec import BatchNorm
from ..layers.pool.spec import GlobalAvgPool, MaxPool2D
from ..spec import Shape
from .catalogue import entry

_PHOTO, _ICON = (224, 224, 3), (32, 32, 3)


@entry(2016, "Huang et al., Densely Connected Convolutional Networks, table 1", _PHOTO, compact=False)
def densenet121(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """Dense blocks of 6, 12, 24 and 16 layers with 32 channels each and bottlenecks; 7,978,856 parameters."""
    net = Network(input, "densenet121")
    conv_bn_relu(net, "conv1", 64, 7, stride=2, padding=3)
    net.add(MaxPool2D(3, 2, padding=1), "pool1")
    return _dense(net, (6, 12, 24, 16), 32, classes)


@entry(2016, "after Huang et al., Densely Connected Convolutional Networks, §4.2", _ICON, compact=True)
def densenet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """Three dense blocks of four layers with 12 channels each and bottlenecks, behind a 3×3 convolution."""
    net = Network(input, "densenet_mini")
    net.add(Conv2D(24, 3, padding=1, bias=False), "conv1")
    return _dense(net, (4, 4, 4), 12, classes)


def _dense(net: Network, counts: Sequence[int], growth: int, classes: int) -> Network:
    """Dense blocks of so many layers with transitions between them, and the scores."""
    for number, count in enumerate(counts, start=1):
        if number > 1:
            net.add_block(DenseTransition(), f"transition{number - 1}")
        net.add_block(DenseBlock(count, growth), f"dense{number}")
    net.add(BatchNorm(), "bn")
    net.add(ReLU(), "relu")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(classes), "scores")
    return net
