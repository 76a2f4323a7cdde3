"""Xception's block of the middle flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.activation.spec import ReLU
from ...layers.merge.spec import Add
from ...spec import About, integer
from ..block import Block, Example, channels_of
from ..chains import separable_bn


@dataclass(frozen=True)
class XceptionMiddle(Block):
    """Separable convolutions around a shortcut, with as many channels as come in."""

    depth: int = integer(3, label="Depth", help="Separable convolutions one behind the other.", maximum=32)

    about = About(
        category="block",
        summary="Xception's middle flow: three separable convolutions around a shortcut.",
        help="Shape and channels stay. A ReLU stands before each separable convolution, none within it.",
        source="Chollet 2016, Xception, figure 5",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        last, channels = source, channels_of(net, source)
        for number in range(1, self.depth + 1):
            net.add(ReLU(), f"{name}_relu{number}", last)
            last = separable_bn(net, f"{name}_conv{number}", channels, channels)
        return net.add(Add(), f"{name}_add", [last, source])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), (5, 7, 3)), Example(cls(1), (5, 7, 3)))
