"""The layers that a block stands for, without a network around them."""

from __future__ import annotations

from functools import lru_cache

from ..graph import INPUT, Network, Node
from ..spec import ConvscopeError, Shape
from .block import Block

NAME = "block"
"""Name of the block in an expansion: its nodes are named `block_…`."""


@lru_cache(maxsize=20_000)
def expansion(block: Block, image: Shape) -> tuple[Node, ...]:
    """The nodes that a block becomes behind an image, in its order; none if it cannot read this image."""
    net = Network(image)
    try:
        block.expand(net, NAME, INPUT)
    except ConvscopeError:
        return ()
    return tuple(net.nodes.values())


def named(systematic: str, name: str) -> str:
    """The name that a node of an expansion has in a block of this name."""
    return name + systematic.removeprefix(NAME)
