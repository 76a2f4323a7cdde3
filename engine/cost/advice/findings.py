"""What a guideline finds."""

from __future__ import annotations

from dataclasses import dataclass

from .rewrite import Rewrite


@dataclass(frozen=True)
class Advice:
    """One piece of advice: the nodes it is about (at least one), its kind, one line of text, and its rewrite if any.

    `kind` is a stable identifier, `large-filter` or `dense-head` for example. The text names node and figures.
    """

    nodes: tuple[str, ...]
    kind: str
    text: str
    rewrite: Rewrite | None = None

    def __str__(self) -> str:
        return self.text
