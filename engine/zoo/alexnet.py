"""AlexNet (Krizhevsky, Sutskever & Hinton 2012) and its successor ZFNet (Zeiler & Fergus 2013)."""

from ..blocks.chains import conv_relu, dense_relu
from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.norm.spec import LocalResponseNorm
from ..layers.pool.spec import MaxPool2D
from ..layers.reshape.spec import Flatten
from ..spec import Shape
from .catalogue import entry

_SOURCE = "Krizhevsky, Sutskever & Hinton, ImageNet Classification with Deep Convolutional Neural Networks"
_PHOTO, _LARGER_PHOTO, _ICON = (224, 224, 3), (227, 227, 3), (32, 32, 3)


@entry(2012, f"{_SOURCE}, in one tower", _LARGER_PHOTO, compact=False)
def alexnet(input: Shape = _LARGER_PHOTO, classes: int = 1000) -> Network:
    """Simplified: one tower, in which each filter sees all channels, and normalisation behind pooling."""
    net = Network(input, "alexnet")
    conv_relu(net, "conv1", 96, 11, stride=4)
    net.add(MaxPool2D(3, 2), "pool1")
    net.add(LocalResponseNorm(), "norm1")
    conv_relu(net, "conv2", 256, 5, padding=2)
    net.add(MaxPool2D(3, 2), "pool2")
    net.add(LocalResponseNorm(), "norm2")
    return _ended(net, (384, 384, 256), classes)


@entry(2012, f"{_SOURCE}, figure 2", _LARGER_PHOTO, compact=False)
def alexnet_grouped(input: Shape = _LARGER_PHOTO, classes: int = 1000) -> Network:
    """The paper's two towers, which meet only in conv3 and behind conv5; normalisation before pooling (§3.5).

    The paper speaks of 224×224 images; its 55×55 outputs of an unpadded 11×11 convolution of stride 4 take 227×227.
    """
    net = Network(input, "alexnet_grouped")
    conv_relu(net, "conv1", 96, 11, stride=4)
    net.add(LocalResponseNorm(), "norm1")
    net.add(MaxPool2D(3, 2), "pool1")
    conv_relu(net, "conv2", 256, 5, padding=2, groups=2)
    net.add(LocalResponseNorm(), "norm2")
    net.add(MaxPool2D(3, 2), "pool2")
    return _ended(net, (384, 384, 256), classes, groups=2)


@entry(2013, "Zeiler & Fergus, Visualizing and Understanding Convolutional Networks", _PHOTO, compact=False)
def zfnet(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """AlexNet with 7×7 filters of stride 2 first, stride 2 in conv2, and more filters behind it.

    conv1 is padded by 1 and the poolings round up, so that the maps are the paper's: 110, 55, 26, 13 and 6. conv3 to
    conv5 have 512, 1024 and 512 filters, as in the authors' larger model, not the 384, 384 and 256 of figure 3.
    """
    net = Network(input, "zfnet")
    conv_relu(net, "conv1", 96, 7, stride=2, padding=1)
    net.add(MaxPool2D(3, 2, ceil_mode=True), "pool1")
    net.add(LocalResponseNorm(), "norm1")
    conv_relu(net, "conv2", 256, 5, stride=2)
    net.add(MaxPool2D(3, 2, ceil_mode=True), "pool2")
    net.add(LocalResponseNorm(), "norm2")
    return _ended(net, (512, 1024, 512), classes)


def _ended(net: Network, widths: tuple[int, int, int], classes: int, groups: int = 1) -> Network:
    """Three 3×3 convolutions, of which the last two have groups, a pooling and three dense layers."""
    for number, filters in enumerate(widths, start=3):
        conv_relu(net, f"conv{number}", filters, 3, padding=1, groups=1 if number == 3 else groups)
    net.add(MaxPool2D(3, 2), "pool5")
    net.add(Flatten(), "flatten")
    dense_relu(net, 6, 4096, dropout=0.5)
    dense_relu(net, 7, 4096, dropout=0.5)
    net.add(Dense(classes), "scores")
    return net


@entry(2012, "after Krizhevsky, Sutskever & Hinton, for small images", _ICON, compact=True)
def alexnet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """AlexNet's order of layers with a third of its filters and less, 5×5 ones first."""
    net = Network(input, "alexnet_mini")
    for number, filters in ((1, 32), (2, 64)):
        conv_relu(net, f"conv{number}", filters, 5, padding=2)
        net.add(MaxPool2D(3, 2, ceil_mode=True), f"pool{number}")
        net.add(LocalResponseNorm(), f"norm{number}")
    for number, filters in ((3, 96), (4, 96), (5, 64)):
        conv_relu(net, f"conv{number}", filters, 3, padding=1)
    net.add(MaxPool2D(3, 2, ceil_mode=True), "pool5")
    net.add(Flatten(), "flatten")
    dense_relu(net, 6, 256, dropout=0.5)
    dense_relu(net, 7, 256, dropout=0.5)
    net.add(Dense(classes), "scores")
    return net
