"""The naive inception block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.merge.spec import Concat
from ...layers.pool.spec import MaxPool2D
from ...spec import About, integer
from ..block import Block, Example
from ..chains import conv_relu


@dataclass(frozen=True)
class InceptionNaive(Block):
    """Three convolutions and a pooling side by side, all over the block's whole input."""

    one: int = integer(64, label="1×1", help="Filters of the 1×1 convolution.")
    three: int = integer(128, label="3×3", help="Filters of the 3×3 convolution.")
    five: int = integer(32, label="5×5", help="Filters of the 5×5 convolution.")

    about = About(
        category="block",
        summary="1×1, 3×3 and 5×5 convolutions and a pooling side by side, without reductions.",
        help="The pooling passes all channels on, so blocks in a row grow wider and their 5×5 convolutions very dear: "
        "compare it with Inception.",
        source="Szegedy et al. 2014, Going Deeper with Convolutions, figure 2a",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        branches = [
            conv_relu(net, f"{name}_conv1x1", self.one, 1, source),
            conv_relu(net, f"{name}_conv3x3", self.three, 3, source, padding=1),
            conv_relu(net, f"{name}_conv5x5", self.five, 5, source, padding=2),
            net.add(MaxPool2D(3, 1, padding=1), f"{name}_pool", source),
        ]
        return net.add(Concat(), f"{name}_concat", branches)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(3, 4, 2), (5, 7, 3)),)
