"""Inception-v3's first reduction of the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.merge.spec import Concat
from ...layers.pool.spec import MaxPool2D
from ...spec import About, integer
from ..block import Block, Example
from ..chains import factorised


@dataclass(frozen=True)
class ReductionStacked(Block):
    """Figure 10: two branches of convolutions that end with stride 2, beside a pooling of stride 2."""

    three: int = integer(384, label="3×3", help="Filters of the branch of one 3×3 convolution.")
    reduce: int = integer(64, label="Reduce", help="1×1 filters before the two 3×3 convolutions.")
    double: int = integer(96, label="Double 3×3", help="Filters of each of the two 3×3 convolutions.")

    about = About(
        category="block",
        summary="Halves the map with convolutions beside a pooling, as Inception-v3 from 35×35 to 17×17.",
        help="Convolving first would be dear and pooling first would lose information; side by side do neither.",
        source="Szegedy et al. 2015, Rethinking the Inception Architecture, figure 10",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        branches = [
            factorised(net, f"{name}_1", source, ((self.three, 3),), last_stride=2),
            factorised(net, f"{name}_2", source, ((self.reduce, 1), (self.double, 3), (self.double, 3)), last_stride=2),
            net.add(MaxPool2D(3, 2), f"{name}_pool", source),
        ]
        return net.add(Concat(), f"{name}_concat", branches)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(3, 2, 4), (5, 7, 3)),)
