"""Finding the parameters with which a block becomes the layers that end at a given node.

No block has a matcher. Its expansion is walked backwards from its last layer along the inputs, beside the network, up
to the first difference; then parameters are varied, and a change is followed where it takes the walk further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..graph import INPUT, Network, Node
from ..spec import Param, ParameterError, Shape
from .block import Block, image_before
from .expansion import expansion

Fitted = tuple[Block, tuple[str, ...]]
"""A block and the nodes that equal its expansion, in its order."""

_WALKS = 400  # for one block type at one node, before it is given up
_SMALL = range(1, 9)  # values of parameters that say how many layers there are


def fit(network: Network, end: str, block_type: type[Block]) -> Fitted | None:
    """The block of this type whose expansion equals the layers that end at a node; None if there is none."""
    return _Fit(network, end, block_type).fitted()


@dataclass
class _Walk:
    """A comparison of an expansion with a network: pairs of nodes that are in the same place in both.

    `progress` says how far they are alike: nodes, then parameters of the first node that differs. `source` is what the
    network's node reads where the expansion's reads its image; None while none was met.
    """

    pairs: dict[str, str] = field(default_factory=dict)
    source: str | None = None
    differing: tuple[Node, Node] | None = None  # of expansion and network, where only parameters differ
    progress: tuple[int, int] | None = None  # None while nothing differs

    def differ(self, alike: int = 0, nodes: tuple[Node, Node] | None = None) -> None:
        if self.progress is None:
            self.progress, self.differing = (len(self.pairs), alike), nodes

    def further_than(self, other: _Walk) -> bool:
        return self.progress is None or (other.progress is not None and self.progress > other.progress)


def _walk(network: Network, end: str, nodes: tuple[Node, ...]) -> _Walk:
    """Compare an expansion with the layers that end at a node. It goes on behind a difference, to find the source."""
    walk = _Walk()
    twins = {node.name: node for node in nodes}
    stack = [(nodes[-1].name, end)]
    while stack:
        expected, actual = stack.pop()
        if expected == INPUT:
            walk.source = walk.source or actual
        if (walk.source if expected == INPUT else walk.pairs.get(expected, actual)) != actual:
            walk.differ()
        elif expected != INPUT and expected not in walk.pairs:
            _meet(walk, twins[expected], network.nodes.get(actual), stack)
    return walk


def _meet(walk: _Walk, twin: Node, node: Node | None, stack: list[tuple[str, str]]) -> None:
    """Compare two nodes and go on to their inputs, the first of them first."""
    if node is None or type(node.layer) is not type(twin.layer) or len(node.inputs) != len(twin.inputs):
        walk.differ()
        return
    if node.layer != twin.layer:
        given = node.layer.values()
        walk.differ(sum(given[name] == value for name, value in twin.layer.values().items()), (twin, node))
    walk.pairs[twin.name] = node.name
    stack += reversed(list(zip(twin.inputs, node.inputs)))


class _Fit:
    """One block type at one node."""

    def __init__(self, network: Network, end: str, block_type: type[Block]) -> None:
        self._network, self._end, self._type = network, end, block_type
        self._channels = (network.shape_of(end) or (0,))[-1]
        self._image: Shape = (*block_type.examples()[0].input[:2], self._channels)
        self._left = _WALKS

    def fitted(self) -> Fitted | None:
        block = self._type()
        found = self._search(block, self._walked(block), set())
        if found is None:
            return None
        for name in counting(self._type()):
            found = self._grown(found, name)
        return found

    def _search(self, block: Block, walk: _Walk, seen: set[Block]) -> Fitted | None:
        """Follow every change of one parameter that gets further, until nothing differs."""
        if walk.progress is None:
            return self._whole(block, walk)
        nearer: list[tuple[Block, _Walk]] = []
        for changed, further in self._tried(block, walk, seen):
            if further.further_than(walk):
                if found := self._search(changed, further, seen):
                    return found
            else:
                nearer.append((changed, further))
        for changed, back in nearer if walk.differing else ():  # two that must change together: their product was right
            for again, further in self._tried(changed, back, seen):
                if further.further_than(walk) and (found := self._search(again, further, seen)):
                    return found
        return None

    def _tried(self, block: Block, walk: _Walk, seen: set[Block]) -> Iterator[tuple[Block, _Walk]]:
        """Changes of one parameter that were not tried before, and how far they get."""
        for changed in _variants(block, walk.differing, (self._channels, self._image[2])):
            if changed not in seen and self._left > 0:
                seen.add(changed)
                yield changed, self._walked(changed)

    def _grown(self, found: Fitted, name: str) -> Fitted:
        """The same block with as many layers as there are."""
        while True:
            try:
                block = found[0].replace(**{name: getattr(found[0], name) + 1})
            except ParameterError:
                return found
            walk = self._walked(block)
            larger = self._whole(block, walk) if walk.progress is None else None
            if larger is None or len(larger[1]) <= len(found[1]):
                return found
            found = larger

    def _walked(self, block: Block) -> _Walk:
        """The walk with the image that the block's source really gives."""
        self._left -= 1
        walk = self._compared(block)
        for _ in range(2):
            image = image_before(self._network, walk.source) if walk.source else None
            if image is None or image == self._image:
                break
            self._image = image
            walk = self._compared(block)
        return walk

    def _compared(self, block: Block) -> _Walk:
        nodes = expansion(block, self._image)
        return _walk(self._network, self._end, nodes) if nodes else _Walk(progress=(-1, 0))

    def _whole(self, block: Block, walk: _Walk) -> Fitted | None:
        """The block, if the walk met all of its layers, each in a place of its own."""
        nodes = expansion(block, self._image)
        if walk.source is None or image_before(self._network, walk.source) != self._image:
            return None
        if not len(nodes) == len(walk.pairs) == len(set(walk.pairs.values())):
            return None
        return block, tuple(walk.pairs[node.name] for node in nodes)


@lru_cache
def counting(block: Block) -> tuple[str, ...]:
    """The parameters that say how many layers a block like this has."""
    image = block.examples()[0].input
    found = []
    for name, param in block.params().items():
        if param.kind == "integer":
            more = block.replace(**{name: getattr(block, name) + 1})
            if len(expansion(more, image)) != len(expansion(block, image)):
                found.append(name)
    return tuple(found)


def _variants(block: Block, differing: tuple[Node, Node] | None, channels: tuple[int, int]) -> Iterator[Block]:
    """The block with one parameter changed so that a difference may go, all changes worth a try.

    Where layers of different types meet, that may be because a number should be one of the `channels`, out and in, or
    should be none of them.
    """
    for name, param in block.params().items():
        value = getattr(block, name)
        if param.kind in ("choice", "flag"):
            values: list[Any] = [other for other in (param.choices or (True, False)) if other != value]
        elif differing is not None:
            values = _towards(param, value, differing)
        elif name in counting(type(block)()):
            values = [count for count in _SMALL if count != value]
        else:
            near = {*channels, value + 1} if param.kind == "integer" else set()
            values = [count for count in near if count != value]
        for other in values:
            try:
                yield block.replace(**{name: other})
            except ParameterError:
                continue


def _towards(param: Param, value: Any, differing: tuple[Node, Node]) -> list[Any]:
    """Values of a parameter that would change what a layer has into what it should have: equal, shifted or scaled."""
    twin, node = differing
    should = node.layer.values()
    found: list[Any] = []
    for name, has in twin.layer.values().items():
        for old, new in zip(*(v if isinstance(v, tuple) else (v,) for v in (has, should[name]))):
            if old != new and isinstance(old, int) and isinstance(new, int):
                found += _shares(param, value, new, old) if param.kind == "number" else _numbers(value, new, old)
    return list(dict.fromkeys(found))


def _numbers(value: int, new: int, old: int) -> list[int]:
    scaled = [value * new // old] if old and value * new % old == 0 else []
    return [new, value + new - old, *scaled]


def _shares(param: Param, value: float, new: int, old: int) -> list[float]:
    """Shares of a whole that is rounded down, so that what it was and is to be lies up to 1 higher."""
    most = float("inf") if param.maximum is None else param.maximum
    return [min(most, value * (new + above) / (old + below)) for above in (0, 0.5) for below in (0, 0.5) if old + below]
