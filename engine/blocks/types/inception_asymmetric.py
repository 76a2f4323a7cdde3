"""Inception-v3's block for maps of medium size: an n×n filter as 1×n and n×1."""

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
class InceptionAsymmetric(Block):
    """Figure 6, on 17×17 with n = 7."""

    width: int = integer(128, label="Width", help="Filters within the two branches of asymmetric convolutions.")
    filters: int = integer(192, label="Filters", help="Filters at the end of each of the four branches.")
    taps: int = integer(7, label="n", help="Taps of the 1×n and n×1 filters.", minimum=3, maximum=31)

    about = About(
        category="block",
        summary="Inception-v3 on medium maps: 1×n and n×1 convolutions where n×n would be.",
        help="Two filters of n taps see as much as one of n·n: for n = 7, 14 weights instead of 49.",
        source="Szegedy et al. 2015, Rethinking the Inception Architecture, figure 6",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        row, column = (1, self.taps), (self.taps, 1)
        width, filters = self.width, self.filters
        chains: list[Chain] = [
            ((filters, 1),),
            ((width, 1), (width, row), (filters, column)),
            ((width, 1), (width, column), (width, row), (width, column), (filters, row)),
        ]
        branches = [factorised(net, f"{name}_{number}", source, chain) for number, chain in enumerate(chains, start=1)]
        return net.add(Concat(), f"{name}_concat", [*branches, pooled(net, name, source, filters)])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(2, 3, 3), (5, 7, 3)),)
