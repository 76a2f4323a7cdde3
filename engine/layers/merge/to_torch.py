"""Layers that join branches as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Add, Concat, WithBox

if TYPE_CHECKING:
    from ...io.pytorch.part import Part


def add(layer: Add, part: Part) -> str:
    return " + ".join(part.inputs)


def concat(layer: Concat, part: Part) -> str:
    return f"torch.cat(({', '.join(part.inputs)}), 1)"


def with_box(layer: WithBox, part: Part) -> str:
    """Scores and box, as a pair."""
    return ", ".join(part.inputs)


MODULES = {Add: add, Concat: concat, WithBox: with_box}
