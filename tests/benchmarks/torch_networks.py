"""A network of ours as a PyTorch module, layer by layer, for comparisons of speed."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from convscope.engine import Network


class Translated(nn.Module):
    """Runs the nodes of a network in order; channels first inside, as PyTorch has them."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.steps = [(node.name, node.inputs) for node in network.order()]
        self.parts = nn.ModuleDict(
            {node.name: layer_module(node.layer, network.input_shapes(node.name)) for node in network.order()}
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = {"input": x}
        for name, inputs in self.steps:
            values[name] = self.parts[name](*(values[source] for source in inputs))
        return values[self.steps[-1][0]]


class Apply(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.function(*inputs)


def layer_module(layer: Any, inputs: tuple[tuple[int, ...], ...]) -> nn.Module:
    """The PyTorch counterpart of a layer; symmetric padding only."""
    kind, channels = layer.type_name(), inputs[0][-1]
    if kind == "Conv2D":
        top, bottom, left, right = layer.geometry.pads(*inputs[0][:2])
        assert (top, left) == (bottom, right), "PyTorch's convolution pads both sides alike"
        return nn.Conv2d(
            channels, layer.filters, layer.kernel, layer.stride, (top, left), layer.dilation, layer.groups, layer.bias
        )
    makers: dict[str, Any] = {
        "ReLU": lambda: nn.ReLU(inplace=True),
        "MaxPool2D": lambda: nn.MaxPool2d(layer.kernel, layer.stride),
        "AvgPool2D": lambda: nn.AvgPool2d(layer.kernel, layer.stride),
        "GlobalAvgPool": lambda: Apply(lambda x: x.mean((2, 3))),
        "Flatten": nn.Flatten,
        "Dropout": lambda: nn.Dropout(layer.rate),
        "BatchNorm": lambda: nn.BatchNorm2d(channels, layer.epsilon, layer.momentum),
        "Dense": lambda: nn.Linear(channels, layer.units, layer.bias),
        "Add": lambda: Apply(lambda a, b: a + b),
        "PadChannels": lambda: Apply(lambda x: F.pad(x, (0, 0, 0, 0, layer.before, layer.after))),
    }
    return makers[kind]()


def translated(network: Network) -> Translated:
    """The network as a module with PyTorch's own initial weights."""
    return Translated(network)
