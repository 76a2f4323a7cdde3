"""A network of ours as a PyTorch module with our weights: a table from layer types to modules, channels first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ...graph import Network, Node
from ...spec import ConvscopeError, Shape
from ..cases import Arrays, Floats
from .order import Order, vector_orders

# Backward does not read what these write: it may be overwritten.
_KEEPS_NO_OUTPUT = {"Conv2D", "ConvTranspose2D", "Dense", "BatchNorm", "Add"}


class Translated(nn.Module):
    """Runs the nodes of a network in order."""

    def __init__(self, network: Network, weights: Arrays) -> None:
        super().__init__()
        self.orders = vector_orders(network)
        self.steps = [(node.name, node.inputs) for node in network.order()]
        self.parts = nn.ModuleDict({node.name: _module(network, node, self.orders) for node in network.order()})
        self.output = network.output
        for node in network.order():
            prefix = f"{node.name}."
            own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
            _load(self.parts[node.name], own, self.orders[node.inputs[0]])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = {"input": x}
        for name, inputs in self.steps:
            values[name] = self.parts[name](*(values[source] for source in inputs))
        return values[self.output]


class Apply(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.function(*inputs)


def _module(network: Network, node: Node, orders: Mapping[str, Order]) -> nn.Module:
    layer: Any = node.layer
    if (make := _MAKERS.get(layer.type_name())) is None:
        raise ConvscopeError(f"{node.name} ({layer.type_name()}) has no counterpart in PyTorch here; leave it out.")
    if layer.type_name() == "ReLU":
        return nn.ReLU(inplace=_may_overwrite(network, node.inputs[0]))
    module: nn.Module = make(layer, network.input_shapes(node.name)[0])
    return module


def _may_overwrite(network: Network, source: str) -> bool:
    """Whether a ReLU may write over what it reads: nobody else reads it, neither forward nor backward."""
    readers = [node for node in network.nodes.values() for name in node.inputs if name == source]
    return len(readers) == 1 and source in network and network[source].type_name() in _KEEPS_NO_OUTPUT


# ---- makers: (layer, shape of its first input) → module


def _conv(layer: Any, shape: Shape) -> nn.Module:
    (before, inside) = _padding(layer, shape)
    conv = nn.Conv2d(
        shape[-1], layer.filters, layer.kernel, layer.stride, inside, layer.dilation, layer.groups, layer.bias
    )
    return nn.Sequential(nn.ZeroPad2d(before), conv) if before else conv


def _conv_transpose(layer: Any, shape: Shape) -> nn.Module:
    """With padding that PyTorch lacks, the whole result is computed and cut."""
    (top, bottom, left, right), more = layer.margins([shape])
    even = (top, left) == (bottom, right)
    sizes = (shape[-1], layer.filters, layer.kernel, layer.stride, (top, left) if even else 0, more)
    conv = nn.ConvTranspose2d(*sizes, layer.groups, layer.bias, layer.dilation)
    return conv if even else nn.Sequential(conv, Apply(lambda x: F.pad(x, (-left, -right, -top, -bottom))))


def _max_pool(layer: Any, shape: Shape) -> nn.Module:
    (before, inside) = _padding(layer, shape, at_most=layer.kernel)
    pool = nn.MaxPool2d(layer.kernel, layer.stride, inside, ceil_mode=layer.ceil_mode and not before)
    return nn.Sequential(nn.ConstantPad2d(before, -np.inf), pool) if before else pool


def _average_pool(layer: Any, shape: Shape) -> nn.Module:
    (before, inside) = _padding(layer, shape, at_most=layer.kernel)
    if layer.kernel == (1, 1):
        rows, columns = layer.stride
        return Apply(lambda x: x[:, :, ::rows, ::columns])
    rounds_up = layer.ceil_mode and not before
    pool = nn.AvgPool2d(layer.kernel, layer.stride, inside, rounds_up, count_include_pad=layer.count_padding)
    if not before:
        return pool
    top, bottom, left, right = layer.geometry.pads(shape[0], shape[1]) if layer.count_padding else (0, 0, 0, 0)
    counted = torch.ones(1, 1, top + shape[0] + bottom, left + shape[1] + right)
    share = pool(F.pad(counted, (before[0] - left, before[1] - right, before[2] - top, before[3] - bottom)))
    return Apply(lambda x: pool(F.pad(x, before)) / share)


def _padding(
    layer: Any, shape: Shape, at_most: tuple[int, int] | None = None
) -> tuple[tuple[int, int, int, int] | None, tuple[int, int]]:
    """(left, right, top, bottom) for a layer of its own, or (rows, columns) that PyTorch's layer pads on both sides."""
    top, bottom, left, right = layer.geometry.pads(shape[0], shape[1])
    small = at_most is None or (2 * top <= at_most[0] and 2 * left <= at_most[1])
    if (top, left) == (bottom, right) and small:
        return None, (top, left)
    top, bottom, left, right = layer.geometry.reached(shape[0], shape[1])
    return (left, right, top, bottom), (0, 0)


def _batch_norm(layer: Any, shape: Shape) -> nn.Module:
    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return kind(shape[-1], layer.epsilon, layer.momentum)


def _local_response_norm(layer: Any, shape: Shape) -> nn.Module:
    return nn.LocalResponseNorm(layer.size, layer.factor * layer.size, layer.beta, layer.k)


def _dropout(layer: Any, shape: Shape) -> nn.Module:
    drop = nn.Dropout(layer.rate)
    return drop if layer.scaling == "training" else nn.Sequential(drop, Apply(lambda x: x * (1 - layer.rate)))


def _pad_channels(layer: Any, shape: Shape) -> nn.Module:
    pads = (0, 0, 0, 0, layer.before, layer.after) if len(shape) == 3 else (layer.before, layer.after)
    return Apply(lambda x: F.pad(x, pads))


def _zero_pad(layer: Any, shape: Shape) -> nn.Module:
    top, bottom, left, right = layer.padding
    return nn.ZeroPad2d((left, right, top, bottom))


def _upsample(layer: Any, shape: Shape) -> nn.Module:
    centred = {"align_corners": False} if layer.mode == "bilinear" else {}
    return nn.Upsample(scale_factor=layer.factor, mode=layer.mode, **centred)


def _add(*inputs: torch.Tensor) -> torch.Tensor:
    total = inputs[0] + inputs[1]
    for value in inputs[2:]:
        total = total + value
    return total


_MAKERS: Mapping[str, Callable[[Any, Shape], nn.Module]] = {
    "Conv2D": _conv,
    "ConvTranspose2D": _conv_transpose,
    "MaxPool2D": _max_pool,
    "AvgPool2D": _average_pool,
    "GlobalAvgPool": lambda layer, shape: Apply(lambda x: x.mean((2, 3))),
    "ReLU": lambda layer, shape: nn.ReLU(),
    "LeakyReLU": lambda layer, shape: nn.LeakyReLU(layer.slope),
    "PReLU": lambda layer, shape: nn.PReLU(shape[-1]),
    "Tanh": lambda layer, shape: nn.Tanh(),
    "Sigmoid": lambda layer, shape: nn.Sigmoid(),
    "Step": lambda layer, shape: Apply(lambda x: (x > 0).to(x.dtype)),
    "Linear": lambda layer, shape: nn.Identity(),
    "ELU": lambda layer, shape: nn.ELU(layer.alpha),
    "HardSigmoid": lambda layer, shape: nn.Hardsigmoid(),
    "Swish": lambda layer, shape: nn.SiLU() if layer.beta == 1 else Apply(lambda x: x * torch.sigmoid(layer.beta * x)),
    "HardSwish": lambda layer, shape: nn.Hardswish(),
    "GELU": lambda layer, shape: nn.GELU("tanh" if layer.form == "tanh" else "none"),
    "Softmax": lambda layer, shape: nn.Softmax(1),
    "Dropout": _dropout,
    "BatchNorm": _batch_norm,
    "LocalResponseNorm": _local_response_norm,
    "Dense": lambda layer, shape: nn.Linear(shape[-1], layer.units, layer.bias),
    "Flatten": lambda layer, shape: nn.Flatten(),
    "PadChannels": _pad_channels,
    "ZeroPad": _zero_pad,
    "Upsample": _upsample,
    "Add": lambda layer, shape: Apply(_add),
    "Concat": lambda layer, shape: Apply(lambda *inputs: torch.cat(inputs, 1)),
}


# ---- weights


def _load(part: nn.Module, weights: Arrays, order: Order) -> None:
    """Copy a node's weights into its module, in PyTorch's layout and the order of what the node reads."""
    targets = {name.rpartition(".")[2]: tensor for name, tensor in part.state_dict().items()}
    for name, array in weights.items():
        meets_input = array.ndim == 2 or isinstance(part, nn.BatchNorm1d | nn.PReLU)
        targets[name].copy_(torch.from_numpy(_theirs(array, order if meets_input else None)))


def _theirs(array: Floats, order: Order) -> Floats:
    """(R, S, C/groups, K) as (K, C/groups, R, S), transposed convolutions' too; (in, out) as (out, in)."""
    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose(3, 2, 0, 1))
    return np.ascontiguousarray((array if order is None else array[order]).T)
