"""SqueezeNet (Iandola et al. 2016): AlexNet's accuracy with a fiftieth of its parameters."""

from ..blocks import Fire
from ..blocks.chains import conv_relu
from ..graph import Network
from ..layers.pool.spec import GlobalAvgPool, MaxPool2D
from ..layers.regularise.spec import Dropout
from ..spec import Shape
from .catalogue import entry

_SOURCE = "Iandola et al., SqueezeNet, table 1"
_PHOTO, _ICON = (224, 224, 3), (32, 32, 3)

_FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}
"""Table 1: filters that squeeze and filters that expand, by block."""


@entry(2016, _SOURCE, _PHOTO, compact=False)
def squeezenet1_0(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """Eight fire blocks after 96 filters of 7×7; poolings behind blocks 1, 4 and 8.

    The first convolution is not padded: of 224 rows it makes 109, not the paper's 111, which would need 227.
    """
    net = Network(input, "squeezenet1_0")
    conv_relu(net, "conv1", 96, 7, stride=2)
    return _fires(net, classes, pooled_before=(2, 5, 9))


@entry(2016, "Iandola et al., SqueezeNet 1.1, released with the paper's models", _PHOTO, compact=False)
def squeezenet1_1(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """As squeezenet1_0 with 64 filters of 3×3 first and earlier poolings: 2.4 times less work."""
    net = Network(input, "squeezenet1_1")
    conv_relu(net, "conv1", 64, 3, stride=2)
    return _fires(net, classes, pooled_before=(2, 4, 6))


def _fires(net: Network, classes: int, pooled_before: tuple[int, ...]) -> Network:
    last = net.output
    for number, (squeeze, expand) in _FIRES.items():
        if number in pooled_before:
            last = net.add(MaxPool2D(3, 2, ceil_mode=True), f"pool{number - 1}")
        last = net.add_block(Fire(squeeze, expand), f"fire{number}", last)
    net.add(Dropout(0.5), "dropout9")
    conv_relu(net, "conv10", classes, 1)
    net.add(GlobalAvgPool(), "scores")
    return net


@entry(2016, "after Iandola et al., SqueezeNet", _ICON, compact=True)
def squeezenet_mini(input: Shape = _ICON, classes: int = 10) -> Network:
    """Six fire blocks in three stages, each with a pooling before it."""
    net = Network(input, "squeezenet_mini")
    last = conv_relu(net, "conv1", 32, 3, padding=1)
    number = 2
    for squeeze, expand in ((16, 32), (24, 48), (32, 64)):
        last = net.add(MaxPool2D(3, 2, ceil_mode=True), f"pool{number - 1}")
        for _ in range(2):
            last = net.add_block(Fire(squeeze, expand), f"fire{number}", last)
            number += 1
    net.add(Dropout(0.2), "dropout")
    conv_relu(net, f"conv{number}", classes, 1)
    net.add(GlobalAvgPool(), "scores")
    return net
