"""Layers that join branches as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Add, Concat, Multiply, WithBox

if TYPE_CHECKING:
    from ...io.pytorch.part import Part


def add(layer: Add, part: Part) -> str:
    return " + ".join(part.inputs)


def multiply(layer: Multiply, part: Part) -> str:
    """A vector that scales the channels of an image is given rows and columns of one."""
    image = any(len(shape) == 3 for shape in part.shapes)
    return " * ".join(
        f"{name}[:, :, None, None]" if image and len(shape) == 1 else name
        for name, shape in zip(part.inputs, part.shapes)
    )


def concat(layer: Concat, part: Part) -> str:
    return f"torch.cat(({', '.join(part.inputs)}), 1)"


def with_box(layer: WithBox, part: Part) -> str:
    """Scores and box, as a pair."""
    return ", ".join(part.inputs)


MODULES = {Add: add, Multiply: multiply, Concat: concat, WithBox: with_box}
