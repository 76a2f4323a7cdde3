"""Short chains of layers that blocks and architectures share. Each returns the name of its last layer.

Layers are named after their place: behind the convolution `s2b1_conv1` stand the batch norm `s2b1_bn1` and the
activation `s2b1_relu1`. `source` is the node that a chain reads; without it, the one added last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.norm.spec import BatchNorm
from ..layers.regularise.spec import Dropout

Kernel = int | tuple[int, int]
Chain = Sequence[tuple[int, Kernel]]
"""Convolutions one behind the other, as (filters, kernel)."""


def conv_relu(net: Network, name: str, filters: int, kernel: Kernel, source: str | None = None, **more: Any) -> str:
    """A convolution and a ReLU."""
    net.add(Conv2D(filters, kernel, **more), name, source)
    return net.add(ReLU(), behind(name, "relu"))


def conv_bn(net: Network, name: str, filters: int, kernel: Kernel, source: str | None = None, **more: Any) -> str:
    """A convolution without bias and batch norm, which has one."""
    net.add(Conv2D(filters, kernel, bias=False, **more), name, source)
    return net.add(BatchNorm(), behind(name, "bn"))


def conv_bn_relu(net: Network, name: str, filters: int, kernel: Kernel, source: str | None = None, **more: Any) -> str:
    """A convolution without bias, batch norm and a ReLU."""
    conv_bn(net, name, filters, kernel, source, **more)
    return net.add(ReLU(), behind(name, "relu"))


def bn_relu_conv(net: Network, name: str, filters: int, kernel: Kernel, source: str | None = None, **more: Any) -> str:
    """Batch norm, a ReLU and a convolution without bias: the order of He et al. 2016, Identity Mappings."""
    net.add(BatchNorm(), behind(name, "bn"), source)
    net.add(ReLU(), behind(name, "relu"))
    return net.add(Conv2D(filters, kernel, bias=False, **more), name)


def factorised(net: Network, prefix: str, source: str, chain: Chain, last_stride: int = 1) -> str:
    """Convolutions with batch norm and ReLU that keep the size, but for a last one of stride 2, which is not padded."""
    for number, (filters, kernel) in enumerate(chain, start=1):
        strided = number == len(chain) and last_stride > 1
        geometry = {"stride": last_stride, "padding": "valid"} if strided else {"padding": "same"}
        source = conv_bn_relu(net, f"{prefix}_conv{number}", filters, kernel, source, **geometry)
    return source


def separable_bn(net: Network, name: str, channels: int, filters: int, source: str | None = None) -> str:
    """A 3×3 filter for each channel, then 1×1 filters over all of them, and batch norm (Chollet 2016, §2)."""
    net.add(Conv2D(channels, 3, padding="same", groups=channels, bias=False), behind(name, "depthwise"), source)
    return conv_bn(net, name, filters, 1)


def dense_relu(net: Network, number: int, units: int, dropout: float) -> str:
    """A dense layer, a ReLU and dropout, which multiplies by 1/(1 − rate) while training."""
    net.add(Dense(units), f"dense{number}")
    net.add(ReLU(), f"relu{number}")
    return net.add(Dropout(dropout), f"dropout{number}")


def behind(convolution: str, layer: str) -> str:
    """The name of the layer behind a convolution: `s1_conv2` is followed by `s1_bn2`."""
    head, _, tail = convolution.rpartition("conv")
    return f"{head}{layer}{tail}"
