"""The shortcut of residual blocks: how a source is brought to the shape of what it is added to."""

from __future__ import annotations

from typing import Any

from ..graph import Network
from ..layers.merge.spec import Add
from ..layers.pool.spec import AvgPool2D
from ..layers.reshape.spec import PadChannels
from ..spec import NetworkError, Problem, choice
from .block import channels_of
from .chains import conv_bn


def shortcut() -> Any:
    """The parameter, for blocks that have one."""
    return choice(
        "project",
        ("project", "pad", "none"),
        label="Shortcut",
        help="Where the shape changes: a 1×1 convolution (option B of He et al. 2015) or zeros for the missing "
        "channels (option A). None leaves the shortcut out everywhere: a plain network.",
    )


def joined(net: Network, name: str, main: str, source: str, filters: int, stride: int, kind: str) -> str:
    """The sum of a block's main path, of so many filters and this stride, and its source."""
    if kind == "none":
        return main
    channels = channels_of(net, source)
    if kind == "project" and (stride != 1 or filters != channels):
        source = conv_bn(net, f"{name}_shortcut_conv", filters, 1, source, stride=stride)
    if kind == "pad" and filters < channels:
        what = f"a shortcut of zeros cannot make {channels} channels to {filters}"
        raise NetworkError([Problem("block", name, None, what, f"use at least {channels} filters, or project")])
    if kind == "pad" and stride != 1:
        source = net.add(AvgPool2D(1, stride), f"{name}_subsample", source)
    if kind == "pad" and filters != channels:
        before = (filters - channels) // 2
        source = net.add(PadChannels(before, filters - channels - before), f"{name}_pad", source)
    return net.add(Add(), f"{name}_add", [main, source])
