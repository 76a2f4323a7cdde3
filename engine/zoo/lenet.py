"""The first convolutional networks for digits (LeCun et al. 1990 and 1998)."""

from ..graph import Network
from ..layers.activation.spec import ReLU, Tanh
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.pool.spec import AvgPool2D, MaxPool2D
from ..layers.reshape.spec import Flatten
from ..spec import Shape
from .catalogue import entry


@entry(1990, "LeCun et al., Handwritten Digit Recognition with a Back-Propagation Network", (28, 28, 1), compact=True)
def vintage1990(input: Shape = (28, 28, 1), classes: int = 10) -> Network:
    """Filters, tanh and average-tanh, twice, then filters and tanh; after these, linear scores.

    4 and 12 maps as in the paper, each of the 12 seeing all of the 4; the third bank has the 30 units of H3 in their
    Backpropagation Applied to Handwritten Zip Code Recognition (1989).
    """
    net = Network(input, "vintage1990")
    for block, filters in enumerate((4, 12), start=1):
        net.add(Conv2D(filters, 5), f"conv{block}")
        net.add(Tanh(), f"tanh{block}")
        net.add(AvgPool2D(2), f"average{block}")
        net.add(Tanh(), f"average_tanh{block}")
    net.add(Conv2D(30, 4), "conv3")
    net.add(Tanh(), "tanh3")
    net.add(Flatten(), "flatten")
    net.add(Dense(classes), "scores")
    return net


@entry(1998, "LeCun et al., Gradient-Based Learning Applied to Document Recognition", (28, 28, 1), compact=True)
def lenet5(input: Shape = (28, 28, 1), classes: int = 10) -> Network:
    """61,706 parameters and 416,520 multiply-adds for 28×28×1 (padded by 2, as the paper's 32×32).

    With full connectivity between the feature maps, maximum pooling and ReLU.
    """
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
