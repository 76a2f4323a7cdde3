"""Blocks: patterns of layers that architectures repeat. A block in a network is its plain layers and a record of it.

    from convscope.engine import Network, blocks
    net.add_block(blocks.Residual(64, stride=2), "s2b1")

Each is a `Block` declared in a module of `types`, and an attribute of this module.
"""

from __future__ import annotations

from typing import Any

from .block import Block, Example
from .recognition import Found, fold, recognise
from .records import change, declaration, following, intact, unknown
from .types import TYPES

globals().update(TYPES)
__all__ = [  # noqa: PLE0604
    "TYPES", "Block", "Example", "Found", "change", "declaration", "fold", "following", "intact", "recognise",
    "unknown", *TYPES,
]  # fmt: skip


def __getattr__(name: str) -> Any:  # so that type checkers, too, know that types are found, not listed
    raise AttributeError(f"no block type {name!r}; there are: {', '.join(TYPES)}")
