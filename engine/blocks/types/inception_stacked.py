"""Inception-v3's block for large maps: a 5×5 filter as two of 3×3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.merge.spec import Concat
from ...spec import About, integer
from ..block import Block, Example
from ..chains import Chain, factorised
from ..pooled import pooled


@dataclass(frozen=True)
class InceptionStacked(Block):
    """Figure 5, on 35×35; the middle branch keeps its 5×5, as in the model its authors published."""

    one: int = integer(64, label="1×1", help="Filters of the 1×1 branch.")
    reduce5: int = integer(48, label="5×5 reduce", help="1×1 filters before the 5×5 convolution.")
    five: int = integer(64, label="5×5", help="Filters of the 5×5 convolution.")
    reduce3: int = integer(64, label="3×3 reduce", help="1×1 filters before the two 3×3 convolutions.")
    three: int = integer(96, label="3×3", help="Filters of each of the two 3×3 convolutions.")
    projected: int = integer(32, label="Pool proj.", help="1×1 filters behind the pooling.")

    about = About(
        category="block",
        summary="Inception-v3 on large maps: two 3×3 convolutions where a 5×5 would be.",
        help="Two 3×3 filters see as much as one of 5×5 with 18 weights instead of 25, and a ReLU more.",
        source="Szegedy et al. 2015, Rethinking the Inception Architecture, figure 5",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        chains: list[Chain] = [
            ((self.one, 1),),
            ((self.reduce5, 1), (self.five, 5)),
            ((self.reduce3, 1), (self.three, 3), (self.three, 3)),
        ]
        branches = [factorised(net, f"{name}_{number}", source, chain) for number, chain in enumerate(chains, start=1)]
        return net.add(Concat(), f"{name}_concat", [*branches, pooled(net, name, source, self.projected)])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(3, 2, 4, 3, 2, 2), (5, 7, 3)),)
