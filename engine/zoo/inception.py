"""Networks of parallel branches: GoogLeNet (Szegedy et al. 2014) and Inception-v3 (Szegedy et al. 2015)."""

from ..blocks import (
    Inception,
    InceptionAsymmetric,
    InceptionStacked,
    InceptionWide,
    ReductionAsymmetric,
    ReductionStacked,
)
from ..blocks.chains import conv_bn_relu, conv_relu
from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.norm.spec import LocalResponseNorm
from ..layers.pool.spec import GlobalAvgPool, MaxPool2D
from ..layers.regularise.spec import Dropout
from ..spec import Shape
from .catalogue import entry

_PHOTO, _LARGE_PHOTO, _ICON = (224, 224, 3), (299, 299, 3), (32, 32, 3)

_GOOGLENET = {
    3: {"a": (64, 96, 128, 16, 32, 32), "b": (128, 128, 192, 32, 96, 64)},
    4: {
        "a": (192, 96, 208, 16, 48, 64),
        "b": (160, 112, 224, 24, 64, 64),
        "c": (128, 128, 256, 24, 64, 64),
        "d": (112, 144, 288, 32, 64, 64),
        "e": (256, 160, 320, 32, 128, 128),
    },
    5: {"a": (256, 160, 320, 32, 128, 128), "b": (384, 192, 384, 48, 128, 128)},
}
"""Table 1: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection."""


@entry(2014, "Szegedy et al., Going Deeper with Convolutions, table 1", _PHOTO, compact=False)
def googlenet(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """Nine inception blocks, with biases, without batch norm and without the two auxiliary classifiers (figure 3).

    6,998,552 parameters. The paper's table gives 2.7 K for the first convolution, whose 7·7·3·64 weights are 9.4 K.
    """
    net = Network(input, "googlenet")
    conv_relu(net, "conv1", 64, 7, stride=2, padding=3)
    net.add(MaxPool2D(3, 2, ceil_mode=True), "pool1")
    net.add(LocalResponseNorm(), "norm1")
    conv_relu(net, "conv2_reduce", 64, 1)
    conv_relu(net, "conv2", 192, 3, padding=1)
    net.add(LocalResponseNorm(), "norm2")
    last = net.add(MaxPool2D(3, 2, ceil_mode=True), "pool2")
    for stage, blocks in _GOOGLENET.items():
        for letter, widths in blocks.items():
            last = net.add_block(Inception(*widths), f"inc{stage}{letter}", last)
        if stage < 5:
            last = net.add(MaxPool2D(3, 2, ceil_mode=True), f"pool{stage}")
    net.add(GlobalAvgPool(), "pool5")
    net.add(Dropout(0.4), "dropout")
    net.add(Dense(classes), "scores")
    return net


@entry(2014, "after Szegedy et al., Going Deeper with Convolutions", _ICON, compact=True)
def googlenet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """A 3×3 convolution and four inception blocks in two stages, each with a pooling before it."""
    net = Network(input, "googlenet_mini")
    last = conv_relu(net, "conv1", 32, 3, padding=1)
    stages = (((16, 16, 32, 8, 16, 16), (32, 32, 48, 8, 24, 24)), ((48, 32, 64, 8, 24, 24), (64, 48, 96, 12, 32, 32)))
    for stage, blocks in enumerate(stages, start=2):
        last = net.add(MaxPool2D(3, 2, ceil_mode=True), f"pool{stage}", last)
        for letter, widths in zip("ab", blocks):
            last = net.add_block(Inception(*widths), f"inc{stage}{letter}", last)
    net.add(GlobalAvgPool(), "pool")
    net.add(Dropout(0.2), "dropout")
    net.add(Dense(classes), "scores")
    return net


@entry(2015, "Szegedy et al., Rethinking the Inception Architecture", _LARGE_PHOTO, compact=False)
def inception_v3(input: Shape = _LARGE_PHOTO, classes: int = 1000) -> Network:
    """Factorised filters: 5×5 as two 3×3, 7×7 as 1×7 and 7×1, and no auxiliary classifier; 23,834,568 parameters.

    Widths are those of the model its authors published; the paper's table 1 gives only the outlines.
    """
    net = Network(input, "inception_v3")
    conv_bn_relu(net, "conv1", 32, 3, stride=2)
    conv_bn_relu(net, "conv2", 32, 3)
    conv_bn_relu(net, "conv3", 64, 3, padding=1)
    net.add(MaxPool2D(3, 2), "pool1")
    conv_bn_relu(net, "conv4", 80, 1)
    conv_bn_relu(net, "conv5", 192, 3)
    net.add(MaxPool2D(3, 2), "pool2")
    for number, projected in enumerate((32, 64, 64), start=1):
        net.add_block(InceptionStacked(projected=projected), f"inc35_{number}")
    net.add_block(ReductionStacked(), "reduce17")
    for number, width in enumerate((128, 160, 160, 192), start=1):
        net.add_block(InceptionAsymmetric(width), f"inc17_{number}")
    net.add_block(ReductionAsymmetric(), "reduce8")
    for number in (1, 2):
        net.add_block(InceptionWide(), f"inc8_{number}")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dropout(0.5), "dropout")
    net.add(Dense(classes), "scores")
    return net
