"""Advice as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...graph import Network
from .findings import Advice

_NAMED = 6


def render(network: Network, advice: Sequence[Advice], batch: int = 1) -> str:
    """Each kind on one line, with the first place it is about; under it what the rewrite would do, and the others."""
    if not advice:
        return "No advice: the network follows all guidelines."
    kinds: dict[str, list[Advice]] = {}
    for piece in advice:
        kinds.setdefault(piece.kind, []).append(piece)
    lines = ["Advice"]
    for first, *others in kinds.values():
        lines.append(f"  {first}.")
        if first.rewrite:
            lines.append(f"    → {first.rewrite.preview(network, batch)}")
        if others:
            names = ", ".join(piece.nodes[0] for piece in others[:_NAMED])
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            lines.append(f"    likewise {names}{more}")
    return "\n".join(lines)


def to_list(network: Network, advice: Sequence[Advice], batch: int = 1) -> list[dict[str, Any]]:
    """The JSON form: kind, nodes, text, and the rewrite's title with figures before and after, or null."""
    return [_piece(network, piece, batch) for piece in advice]


def _piece(network: Network, piece: Advice, batch: int) -> dict[str, Any]:
    rewrite = piece.rewrite and {"title": piece.rewrite.title, **piece.rewrite.preview(network, batch).to_dict()}
    return {"kind": piece.kind, "nodes": list(piece.nodes), "text": piece.text, "rewrite": rewrite}
