"""Layers that join branches as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .spec import Add, Concat, Multiply, WithBox

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter


def add(layer: Add, write: NodeWriter) -> str:
    return write("Add" if len(write.inputs) == 2 else "Sum", *write.inputs)


def multiply(layer: Multiply, write: NodeWriter) -> str:
    """A vector that scales the channels of an image is given rows and columns of one."""
    image = any(len(shape) == 3 for shape in write.shapes)
    factors = [
        _as_image(write, name) if image and len(shape) == 1 else name for name, shape in zip(write.inputs, write.shapes)
    ]
    return write("Mul", *factors)


def _as_image(write: NodeWriter, vector: str) -> str:
    if write.opset < 13:
        return write("Unsqueeze", vector, axes=(2, 3))
    return write("Unsqueeze", vector, write.constant("axes", np.array([2, 3], np.int64)))


def concat(layer: Concat, write: NodeWriter) -> str:
    return write("Concat", *write.inputs, axis=1)


def with_box(layer: WithBox, write: NodeWriter) -> str:
    """The scores; the box becomes an output of the graph by its own name."""
    scores, box = write.inputs
    write.also_output(box)
    return write("Identity", scores)


NODES = {Add: add, Multiply: multiply, Concat: concat, WithBox: with_box}
