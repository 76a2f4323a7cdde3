"""Networks in the manner of VGG (Simonyan & Zisserman 2014): chains of 3×3 convolutions between poolings."""

from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.pool.spec import MaxPool2D
from ..layers.regularise.spec import Dropout
from ..layers.reshape.spec import Flatten
from ..spec import Shape
from .catalogue import entry


@entry(2014, "after Simonyan & Zisserman, Very Deep Convolutional Networks", (32, 32, 3), compact=True)
def vgg_mini(input: Shape = (32, 32, 3), classes: int = 10) -> Network:
    """Three blocks of two 3×3 convolutions (32, 64, 128 filters), each with a pooling, then dense 256."""
    net = Network(input, "vgg_mini")
    for block, filters in enumerate((32, 64, 128), start=1):
        for number in (1, 2):
            net.add(Conv2D(filters, 3, padding="same"), f"conv{block}_{number}")
            net.add(ReLU(), f"relu{block}_{number}")
        net.add(MaxPool2D(2), f"pool{block}")
    net.add(Flatten(), "flatten")
    net.add(Dense(256), "dense")
    net.add(ReLU(), "relu")
    net.add(Dropout(0.5), "dropout")
    net.add(Dense(classes), "scores")
    return net
