"""Blocks that architectures are made of. Each adds plain layers to a network and returns the name of its last one.

Layers are named after their place: behind the convolution `s2b1_conv1` stand the batch norm `s2b1_bn1` and the
activation `s2b1_relu1`. `source` is the node that a block reads; without it, the one added last.
"""

from __future__ import annotations

from typing import Any, Literal

from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.merge.spec import Add, Concat
from ..layers.norm.spec import BatchNorm
from ..layers.pool.spec import AvgPool2D, MaxPool2D
from ..layers.regularise.spec import Dropout
from ..layers.reshape.spec import PadChannels

Kernel = int | tuple[int, int]
Shortcut = Literal["pad", "project", "none"]
"""How a residual shortcut changes shape: by zeros (option A of He et al. 2015), by a 1×1 convolution (B); or no
shortcut at all: a plain network."""


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


def behind(convolution: str, layer: str) -> str:
    """The name of the layer behind a convolution: `s1_conv2` is followed by `s1_bn2`."""
    return convolution.replace("conv", layer)


def dense_relu(net: Network, number: int, units: int, dropout: float) -> str:
    """A dense layer, a ReLU and dropout, which multiplies by 1/(1 − rate) while training."""
    net.add(Dense(units), f"dense{number}")
    net.add(ReLU(), f"relu{number}")
    return net.add(Dropout(dropout), f"dropout{number}")


def basic_block(
    net: Network, prefix: str, source: str, channels: int, filters: int, stride: int, shortcut: Shortcut
) -> str:
    """Two 3×3 convolutions around a shortcut (He et al. 2015, figure 5 left). `channels` are those of the source."""
    conv_bn_relu(net, f"{prefix}_conv1", filters, 3, source, stride=stride, padding=1)
    main = conv_bn(net, f"{prefix}_conv2", filters, 3, padding=1)
    last = _joined(net, prefix, main, source, (channels, filters, stride), shortcut)
    return net.add(ReLU(), f"{prefix}_relu2", last)


def bottleneck_block(net: Network, prefix: str, source: str, channels: int, filters: int, stride: int) -> str:
    """1×1, 3×3 and 1×1 convolutions around a shortcut (He et al. 2015, figure 5 right); 4·filters channels come out.

    The stride is on the 3×3 convolution, which therefore sees every pixel; the paper has it on the first 1×1.
    """
    conv_bn_relu(net, f"{prefix}_conv1", filters, 1, source)
    conv_bn_relu(net, f"{prefix}_conv2", filters, 3, stride=stride, padding=1)
    main = conv_bn(net, f"{prefix}_conv3", 4 * filters, 1)
    last = _joined(net, prefix, main, source, (channels, 4 * filters, stride), "project")
    return net.add(ReLU(), f"{prefix}_relu3", last)


def _joined(net: Network, prefix: str, main: str, source: str, change: tuple[int, int, int], shortcut: Shortcut) -> str:
    """The sum of a block's main path and its source; `change` is (channels, filters, stride) of the block."""
    if shortcut == "none":
        return main
    channels, filters, stride = change
    if shortcut == "project" and (stride != 1 or filters != channels):
        source = conv_bn(net, f"{prefix}_shortcut_conv", filters, 1, source, stride=stride)
    if shortcut == "pad" and stride != 1:
        source = net.add(AvgPool2D(1, stride), f"{prefix}_subsample", source)
    if shortcut == "pad" and filters != channels:
        before = (filters - channels) // 2
        source = net.add(PadChannels(before, filters - channels - before), f"{prefix}_pad", source)
    return net.add(Add(), f"{prefix}_add", [main, source])


def inception(net: Network, prefix: str, source: str, widths: tuple[int, int, int, int, int, int]) -> str:
    """Four branches side by side (Szegedy et al. 2014, figure 2b).

    `widths` are the columns of the paper's table 1: filters 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection.
    """
    one, reduce3, three, reduce5, five, projected = widths
    branches = [conv_relu(net, f"{prefix}_conv1x1", one, 1, source)]
    conv_relu(net, f"{prefix}_conv3x3_reduce", reduce3, 1, source)
    branches.append(conv_relu(net, f"{prefix}_conv3x3", three, 3, padding=1))
    conv_relu(net, f"{prefix}_conv5x5_reduce", reduce5, 1, source)
    branches.append(conv_relu(net, f"{prefix}_conv5x5", five, 5, padding=2))
    net.add(MaxPool2D(3, 1, padding=1), f"{prefix}_pool", source)
    branches.append(conv_relu(net, f"{prefix}_conv_pool", projected, 1))
    return net.add(Concat(), f"{prefix}_concat", branches)


def fire(net: Network, prefix: str, source: str, squeeze: int, expand: int) -> str:
    """1×1 filters that squeeze the channels, then 1×1 and 3×3 ones that expand them (Iandola et al. 2016, figure 1)."""
    squeezed = conv_relu(net, f"{prefix}_conv_squeeze", squeeze, 1, source)
    branches = [
        conv_relu(net, f"{prefix}_conv_expand1x1", expand, 1, squeezed),
        conv_relu(net, f"{prefix}_conv_expand3x3", expand, 3, squeezed, padding=1),
    ]
    return net.add(Concat(), f"{prefix}_concat", branches)


def separable_bn(net: Network, name: str, channels: int, filters: int, source: str | None = None) -> str:
    """A 3×3 filter for each channel, then 1×1 filters over all of them, and batch norm (Chollet 2016, §2).

    Nothing stands between the two, as in Xception; MobileNet has batch norm and a ReLU there.
    """
    net.add(Conv2D(channels, 3, padding="same", groups=channels, bias=False), behind(name, "depthwise"), source)
    return conv_bn(net, name, filters, 1)
