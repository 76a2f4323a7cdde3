"""Layers that join branches as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Add, Concat, WithBox

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter


def add(layer: Add, write: NodeWriter) -> str:
    return write("Add" if len(write.inputs) == 2 else "Sum", *write.inputs)


def concat(layer: Concat, write: NodeWriter) -> str:
    return write("Concat", *write.inputs, axis=1)


def with_box(layer: WithBox, write: NodeWriter) -> str:
    """The scores; the box becomes an output of the graph by its own name."""
    scores, box = write.inputs
    write.also_output(box)
    return write("Identity", scores)


NODES = {Add: add, Concat: concat, WithBox: with_box}
