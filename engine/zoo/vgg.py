"""VGG (Simonyan & Zisserman 2014): chains of 3×3 convolutions between poolings."""

from collections.abc import Sequence

from ..blocks.chains import conv_relu, dense_relu
from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.norm.spec import LocalResponseNorm
from ..layers.pool.spec import MaxPool2D
from ..layers.reshape.spec import Flatten
from ..spec import Shape
from .catalogue import entry

_SOURCE = "Simonyan & Zisserman, Very Deep Convolutional Networks, table 1"
_PHOTO, _ICON = (224, 224, 3), (32, 32, 3)

_KERNELS = {
    "a": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "b": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "c": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "d": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "e": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""Table 1: the kernels of each of the five blocks."""


@entry(2014, f"{_SOURCE}, A", _PHOTO, compact=False)
def vgg_a(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """8 convolutions and 3 dense layers."""
    return _full_size("vgg_a", input, classes, _KERNELS["a"])


@entry(2014, f"{_SOURCE}, A-LRN", _PHOTO, compact=False)
def vgg_a_lrn(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """A with local response normalisation behind the first convolution: in the paper no better than A."""
    net = _full_size("vgg_a_lrn", input, classes, _KERNELS["a"])
    net.add(LocalResponseNorm(), "norm1", "relu1_1")
    net.rewire("pool1", "norm1")
    return net


@entry(2014, f"{_SOURCE}, B", _PHOTO, compact=False)
def vgg_b(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """10 convolutions and 3 dense layers."""
    return _full_size("vgg_b", input, classes, _KERNELS["b"])


@entry(2014, f"{_SOURCE}, C", _PHOTO, compact=False)
def vgg_c(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """13 convolutions, three of them 1×1, and 3 dense layers."""
    return _full_size("vgg_c", input, classes, _KERNELS["c"])


@entry(2014, f"{_SOURCE}, D", _PHOTO, compact=False)
def vgg_d(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """VGG-16: 13 convolutions of 3×3 and 3 dense layers."""
    return _full_size("vgg_d", input, classes, _KERNELS["d"])


@entry(2014, f"{_SOURCE}, E", _PHOTO, compact=False)
def vgg_e(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """VGG-19: 16 convolutions of 3×3 and 3 dense layers."""
    return _full_size("vgg_e", input, classes, _KERNELS["e"])


def _full_size(name: str, input: Shape, classes: int, kernels: Sequence[Sequence[int]]) -> Network:
    net = Network(input, name)
    for block, (filters, chain) in enumerate(zip((64, 128, 256, 512, 512), kernels), start=1):
        for number, kernel in enumerate(chain, start=1):
            conv_relu(net, f"conv{block}_{number}", filters, kernel, padding="same")
        net.add(MaxPool2D(2), f"pool{block}")
    net.add(Flatten(), "flatten")
    dense_relu(net, 6, 4096, dropout=0.5)
    dense_relu(net, 7, 4096, dropout=0.5)
    net.add(Dense(classes), "scores")
    return net


@entry(2014, "after Simonyan & Zisserman, Very Deep Convolutional Networks", _ICON, compact=True)
def vgg_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """Three blocks of two 3×3 convolutions (32, 64, 128 filters), each with a pooling, then dense 256."""
    net = Network(input, "vgg_mini")
    for block, filters in enumerate((32, 64, 128), start=1):
        for number in (1, 2):
            conv_relu(net, f"conv{block}_{number}", filters, 3, padding="same")
        net.add(MaxPool2D(2), f"pool{block}")
    net.add(Flatten(), "flatten")
    dense_relu(net, 4, 256, dropout=0.5)
    net.add(Dense(classes), "scores")
    return net
