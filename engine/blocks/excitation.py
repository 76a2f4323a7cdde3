"""Squeeze-and-excitation: what an image holds on the whole decides how much of each channel gets through."""

from __future__ import annotations

from ..graph import Network
from ..layers.activation.spec import HardSigmoid, ReLU, Sigmoid, Swish
from ..layers.dense.spec import Dense
from ..layers.merge.spec import Multiply
from ..layers.pool.spec import GlobalAvgPool
from ..spec import Layer

_PARTS: dict[str, tuple[Layer, Layer]] = {
    "sigmoid": (ReLU(), Sigmoid()),
    "hard": (ReLU(), HardSigmoid()),
    "swish": (Swish(), Sigmoid()),
}
"""The layer between the two dense ones, and the one that makes their result a share."""
KINDS = tuple(_PARTS)


def excited(net: Network, name: str, source: str, channels: int, squeezed: int, kind: str) -> str:
    """The source, of so many channels, times a share for each of them (Hu, Shen & Sun 2018, eq. 2 to 4).

    `kind` says between which layers: "sigmoid" as published, "hard" as MobileNetV3, "swish" as EfficientNet has it.
    """
    between, share = _PARTS[kind]
    net.add(GlobalAvgPool(), f"{name}_squeeze", source)
    net.add(Dense(squeezed), f"{name}_dense1")
    net.add(between, f"{name}_act")
    net.add(Dense(channels), f"{name}_dense2")
    gate = net.add(share, f"{name}_gate")
    return net.add(Multiply(), f"{name}_scale", [source, gate])
