"""LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998), with full connectivity between its feature maps and ReLU."""

from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.pool.spec import MaxPool2D
from ..layers.reshape.spec import Flatten
from ..spec import Shape
from .catalogue import entry


@entry(1998, "LeCun et al., Gradient-Based Learning Applied to Document Recognition", (28, 28, 1), compact=True)
def lenet5(input: Shape = (28, 28, 1), classes: int = 10) -> Network:
    """61,706 parameters and 416,520 multiply-adds for 28×28×1 (padded by 2, as the paper's 32×32)."""
    net = Network(input, "lenet5")
    for block, (filters, padding) in enumerate(((6, 2), (16, 0)), start=1):
        net.add(Conv2D(filters, 5, padding=padding), f"conv{block}")
        net.add(ReLU(), f"relu{block}")
        net.add(MaxPool2D(2), f"pool{block}")
    net.add(Flatten(), "flatten")
    for number, units in ((3, 120), (4, 84)):
        net.add(Dense(units), f"dense{number}")
        net.add(ReLU(), f"relu{number}")
    net.add(Dense(classes), "scores")
    return net
