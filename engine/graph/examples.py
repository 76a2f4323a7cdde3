"""A layer type's examples as networks."""

from __future__ import annotations

from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.reshape.spec import Flatten
from ..spec import Example
from .network import Network


def network_of(example: Example) -> Network:
    """The layer, behind sources that give it its input shapes where the image itself does not; its node is `layer`."""
    first = example.inputs[0]
    if len(example.inputs) == 1 and len(first) == 3 and not example.layer.renames(training=True):
        net = Network(first)
        net.add(example.layer, "layer")
        return net
    if len(first) == 1:
        net = Network((1, 1, first[0]))
        sources = [_vector(net, i, shape[0]) for i, shape in enumerate(example.inputs)]
    else:
        height, width = (max(sizes) for sizes in list(zip(*example.inputs))[:2])
        net = Network((height, width, first[2]))
        sources = [
            net.add(Conv2D(channels, (height - rows + 1, width - columns + 1)), f"source{i}", inputs=["input"])
            for i, (rows, columns, channels) in enumerate(example.inputs)
        ]
    net.add(example.layer, "layer", inputs=sources)
    return net


def _vector(net: Network, index: int, units: int) -> str:
    flat = "flat" if "flat" in net else net.add(Flatten(), "flat", inputs=["input"])
    return net.add(Dense(units), f"source{index}", inputs=[flat])
