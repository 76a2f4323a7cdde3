"""Inception-v3's second reduction of the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.merge.spec import Concat
from ...layers.pool.spec import MaxPool2D
from ...spec import About, integer
from ..block import Block, Example
from ..chains import Chain, factorised


@dataclass(frozen=True)
class ReductionAsymmetric(Block):
    """As ReductionStacked, with 1×n and n×1 convolutions in one branch; widths of the published model."""

    width: int = integer(192, label="Width", help="Filters within both branches.")
    filters: int = integer(320, label="Filters", help="Filters at the end of the first branch.")
    taps: int = integer(7, label="n", help="Taps of the 1×n and n×1 filters.", minimum=3, maximum=31)

    about = About(
        category="block",
        summary="Halves the map with asymmetric convolutions beside a pooling, as Inception-v3 from 17×17 to 8×8.",
        help="The branch of 1×n, n×1 and 3×3 convolutions sees far around each of the positions it keeps.",
        source="Szegedy et al. 2015, Rethinking the Inception Architecture, figure 10 and §6",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        width, row, column = self.width, (1, self.taps), (self.taps, 1)
        chains: list[Chain] = [
            ((width, 1), (self.filters, 3)),
            ((width, 1), (width, row), (width, column), (width, 3)),
        ]
        branches = [
            factorised(net, f"{name}_{number}", source, chain, last_stride=2)
            for number, chain in enumerate(chains, start=1)
        ]
        branches.append(net.add(MaxPool2D(3, 2), f"{name}_pool", source))
        return net.add(Concat(), f"{name}_concat", branches)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(2, 3, 3), (5, 7, 3)),)
