"""An edit that may end a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..graph import Network
from ..spec import Problem


@dataclass(frozen=True)
class Repair:
    """`title` says what is done and names the undo step; `edit` does it to a network."""

    title: str
    edit: Callable[[Network], None]

    def __str__(self) -> str:
        return self.title


Proposer = Callable[[Network, Problem], Iterator[Repair]]
"""Proposes repairs of a problem, the best first; none where it has nothing to say."""
