"""Two networks layer by layer: which are the same, which are others, which only one of them has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from convscope.engine.cost import Row
from convscope.engine.graph import Network


@dataclass(frozen=True)
class Pair:
    """Layers that stand for each other; None where there is none. `same` if they are alike but for their names."""

    first: Row | None
    second: Row | None
    same: bool


def pairs(first: Network, second: Network) -> list[Pair]:
    """The layers of both in their order, those that are alike beside each other.

    Layers of one name are meant to be alike where at least half of the names are in both networks.
    """
    left, right = first.summary().rows, second.summary().rows
    named = 2 * len(first.nodes.keys() & second.nodes.keys()) >= min(len(left), len(right))
    a, b = ([row.name if named else net[row.name] for row in rows] for net, rows in ((first, left), (second, right)))
    found: list[Pair] = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            alike = zip(left[i:j], right[k:m], strict=True)
            found += [Pair(one, other, same=first[one.name] == second[other.name]) for one, other in alike]
        else:
            found += _unlike(left[i:j], right[k:m])
    return found


def _unlike(left: tuple[Row, ...], right: tuple[Row, ...]) -> Iterator[Pair]:
    """Layers of one type stand for each other; the others for none."""
    kinds = SequenceMatcher(None, [row.type for row in left], [row.type for row in right], autojunk=False)
    for kind, i, j, k, m in kinds.get_opcodes():
        if kind == "equal":
            yield from (Pair(one, other, same=False) for one, other in zip(left[i:j], right[k:m], strict=True))
        else:
            for one, other in zip_longest(left[i:j], right[k:m]):
                if one is not None:
                    yield Pair(one, None, same=False)
                if other is not None:
                    yield Pair(None, other, same=False)
