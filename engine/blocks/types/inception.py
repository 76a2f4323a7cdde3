"""The inception block with reduction."""

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
class Inception(Block):
    """Four branches side by side; the parameters are the columns of the paper's table 1."""

    one: int = integer(64, label="1×1", help="Filters of the 1×1 branch.")
    reduce3: int = integer(96, label="3×3 reduce", help="1×1 filters before the 3×3 convolution.")
    three: int = integer(128, label="3×3", help="Filters of the 3×3 convolution.")
    reduce5: int = integer(16, label="5×5 reduce", help="1×1 filters before the 5×5 convolution.")
    five: int = integer(32, label="5×5", help="Filters of the 5×5 convolution.")
    projected: int = integer(32, label="Pool proj.", help="1×1 filters behind the pooling.")

    about = About(
        category="block",
        summary="1×1, 3×3 and 5×5 convolutions and a pooling side by side, after 1×1 reductions.",
        help="Features of several sizes are found at once. The 1×1 convolutions before the large filters reduce their "
        "work many times.",
        source="Szegedy et al. 2014, Going Deeper with Convolutions, figure 2b",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        branches = [conv_relu(net, f"{name}_conv1x1", self.one, 1, source)]
        conv_relu(net, f"{name}_conv3x3_reduce", self.reduce3, 1, source)
        branches.append(conv_relu(net, f"{name}_conv3x3", self.three, 3, padding=1))
        conv_relu(net, f"{name}_conv5x5_reduce", self.reduce5, 1, source)
        branches.append(conv_relu(net, f"{name}_conv5x5", self.five, 5, padding=2))
        net.add(MaxPool2D(3, 1, padding=1), f"{name}_pool", source)
        branches.append(conv_relu(net, f"{name}_conv_pool", self.projected, 1))
        return net.add(Concat(), f"{name}_concat", branches)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(3, 2, 4, 2, 3, 2), (5, 7, 3)),)
