"""What all guidelines look at, computed once for a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from ...graph import Network, Node
from ...layers.conv.spec import Conv2D
from ...spec import Layer, Shape, size
from .rewrite import Exchange

# What saves less than this share of both the network's parameters and its multiply-adds is not worth a line: deep
# networks, where no single layer weighs much, would get one for each of their layers.
WORTH = 0.02
# Layers that read no more channels than pictures have (grey, colour, colour and alpha) are the network's first. Their
# large filters are cheap, and a chain of small ones would squeeze all that is seen through as few channels.
PICTURE_CHANNELS = 4
# "Many channels": those of the textbook example, a 3×3 convolution from 256 to 256.
MANY_CHANNELS = 256

Work = tuple[int, int]
"""Trainable parameters and multiply-adds for one image."""


class Study:
    """A network with its shapes and the work of its layers; nodes whose shapes are unknown are left out."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.shapes: dict[str, Shape] = {name: shape for name, shape in network.shapes().items() if shape is not None}
        self.nodes: list[Node] = [node for node in network.order() if node.name in self.shapes]

    def reads(self, node: Node) -> list[Shape]:
        """Shapes of the node's inputs."""
        return [self.shapes[source] for source in node.inputs]

    def work(self, node: Node) -> Work:
        """What one node takes."""
        return _work(node.layer, self.reads(node), self.shapes[node.name])

    @cached_property
    def total(self) -> Work:
        """What all nodes take."""
        each = [self.work(node) for node in self.nodes]
        return sum(params for params, _ in each), sum(macs for _, macs in each)

    def worth(self, exchange: Exchange) -> bool:
        """Whether an exchange saves enough to be worth mentioning, and makes nothing dearer."""
        old = [self.work(node) for node in exchange.path]
        new = chain_work([layer for _, layer in exchange.chain], exchange.reads)
        params, macs = (sum(work[i] for work in old) - new[i] for i in (0, 1))
        return params >= 0 and macs >= 0 and (params > WORTH * self.total[0] or macs > WORTH * self.total[1])

    def convolutions(self) -> Iterator[tuple[Node, Conv2D, Shape]]:
        """Convolutions that could be taken apart, with what they read: ungrouped, square, larger than 1×1."""
        for node in self.nodes:
            layer = node.layer
            if isinstance(layer, Conv2D) and layer.groups == 1 and layer.kernel[0] == layer.kernel[1] > 1:
                yield node, layer, self.reads(node)[0]

    def exchange(self, node: Node, chain: Sequence[tuple[str, Layer]]) -> Exchange:
        """One node for a chain; links named "" get the node's name, others its name and theirs: conv1_reduce."""
        named: list[tuple[str, Layer]] = []
        for suffix, layer in chain:
            named.append((self._free(f"{node.name}_{suffix}") if suffix else node.name, layer))
        return Exchange((node,), self.reads(node)[0], tuple(named))

    def _free(self, stem: str) -> str:
        name, number = stem, 2
        while name in self.network:
            name, number = f"{stem}_{number}", number + 1
        return name


def chain_work(layers: Sequence[Layer], shape: Shape) -> Work:
    """What layers take that follow one another, the first reading `shape`."""
    params = macs = 0
    for layer in layers:
        output = layer.infer_shape([shape])
        more = _work(layer, [shape], output)
        params, macs, shape = params + more[0], macs + more[1], output
    return params, macs


def _work(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Work:
    params = sum(size(weight.shape) for weight in layer.weights(inputs) if weight.trainable)
    return params, layer.cost(inputs, output).macs


def filter_weights(layer: Layer, shape: Shape) -> int:
    """Weights of a layer's filters or matrices, whatever they are called; biases and scales have but one axis."""
    return sum(size(weight.shape) for weight in layer.weights([shape]) if len(weight.shape) > 1)


def chain_weights(layers: Sequence[Layer], shape: Shape) -> int:
    """Filter weights of layers that follow one another, the first reading `shape`."""
    total = 0
    for layer in layers:
        total += filter_weights(layer, shape)
        shape = layer.infer_shape([shape])
    return total
