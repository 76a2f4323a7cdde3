"""SqueezeNet's fire block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.merge.spec import Concat
from ...spec import About, integer
from ..block import Block, Example
from ..chains import conv_relu


@dataclass(frozen=True)
class Fire(Block):
    """1×1 filters that squeeze the channels, then 1×1 and 3×3 ones side by side that expand them."""

    squeeze: int = integer(16, label="Squeeze", help="1×1 filters that reduce the channels.")
    expand_each: int = integer(64, label="Expand", help="Filters of each of the two branches.")

    about = About(
        category="block",
        summary="Squeezes the channels by 1×1 filters and expands them by 1×1 and 3×3 ones.",
        help="Half of the filters are 1×1 and all of them read few channels, so the block has few parameters.",
        source="Iandola et al. 2016, SqueezeNet, figure 1",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        squeezed = conv_relu(net, f"{name}_conv_squeeze", self.squeeze, 1, source)
        branches = [
            conv_relu(net, f"{name}_conv_expand1x1", self.expand_each, 1, squeezed),
            conv_relu(net, f"{name}_conv_expand3x3", self.expand_each, 3, squeezed, padding=1),
        ]
        return net.add(Concat(), f"{name}_concat", branches)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(2, 3), (5, 7, 3)),)
