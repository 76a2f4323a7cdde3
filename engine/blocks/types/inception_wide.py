"""Inception-v3's block for small maps: branches that end in 1×3 and 3×1 side by side."""

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
class InceptionWide(Block):
    """Figure 7, on 8×8."""

    one: int = integer(320, label="1×1", help="Filters of the 1×1 branch.")
    filters: int = integer(384, label="Filters", help="Filters of each 1×3, 3×1 and of the convolution before them.")
    reduce3: int = integer(448, label="3×3 reduce", help="1×1 filters before the 3×3 convolution.")
    projected: int = integer(192, label="Pool proj.", help="1×1 filters behind the pooling.")

    about = About(
        category="block",
        summary="Inception-v3 on small maps: 1×3 and 3×1 convolutions side by side.",
        help="Where maps are smallest the block is widest: many kinds of features, cheap at so few positions.",
        source="Szegedy et al. 2015, Rethinking the Inception Architecture, figure 7",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        branches = [factorised(net, f"{name}_1", source, ((self.one, 1),))]
        stems: list[Chain] = [((self.filters, 1),), ((self.reduce3, 1), (self.filters, 3))]
        for number, chain in enumerate(stems, start=2):
            stem = factorised(net, f"{name}_{number}", source, chain)
            branches.append(factorised(net, f"{name}_{number}a", stem, ((self.filters, (1, 3)),)))
            branches.append(factorised(net, f"{name}_{number}b", stem, ((self.filters, (3, 1)),)))
        return net.add(Concat(), f"{name}_concat", [*branches, pooled(net, name, source, self.projected)])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(3, 2, 4, 2), (5, 7, 3)),)
