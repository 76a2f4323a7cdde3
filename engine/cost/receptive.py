"""Receptive fields through any graph.

For a unit at output position y the box of input rows it sees starts at −P + y·S and is R long (Araujo, Norris & Sim
2019, Computing Receptive Fields of Convolutional Neural Networks, Distill, eq. 2 and 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..graph import INPUT, Network
from ..spec import Window

Axes = tuple[int, int]


@dataclass(frozen=True)
class Field:
    """Receptive field of a node's units in image pixels, rows and columns.

    `size` R, `stride` S between neighbouring units, `padding` P before the first unit's centre window. `aligned` is
    False where branches of different stride meet: then R is the largest of them and no single S is true.
    """

    size: Axes = (1, 1)
    stride: Axes = (1, 1)
    padding: Axes = (0, 0)
    aligned: bool = True

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Image rows and columns (top, bottom, left, right; ends excluded) that the unit at this position sees."""
        top = -self.padding[0] + row * self.stride[0]
        left = -self.padding[1] + column * self.stride[1]
        return top, top + self.size[0], left, left + self.size[1]


def through(field: Field, window: Window) -> Field:
    """The field after one more sliding window."""
    size = tuple(r + (k - 1) * s for r, k, s in zip(field.size, window.kernel, field.stride))
    stride = tuple(s * w for s, w in zip(field.stride, window.stride))
    padding = tuple(p + w * s for p, w, s in zip(field.padding, window.padding, field.stride))
    return Field((size[0], size[1]), (stride[0], stride[1]), (padding[0], padding[1]), field.aligned)


def merged(fields: Sequence[Field]) -> Field:
    """The field of a layer that reads several branches: the smallest box that holds all of theirs."""
    aligned = all(f.aligned for f in fields) and len({f.stride for f in fields}) == 1
    padding = tuple(max(f.padding[axis] for f in fields) for axis in (0, 1))
    ends = tuple(max(f.size[axis] - f.padding[axis] for f in fields) for axis in (0, 1))
    stride = tuple(max(f.stride[axis] for f in fields) for axis in (0, 1))
    size = (padding[0] + ends[0], padding[1] + ends[1])
    return Field(size, (stride[0], stride[1]), (padding[0], padding[1]), aligned)


def receptive_fields(network: Network) -> Mapping[str, Field]:
    """Field of the input and of every node whose shape is known."""
    shapes = network.shapes()
    fields = {INPUT: Field()}
    for node in network.order():
        inputs = [shape for source in node.inputs if (shape := shapes.get(source)) is not None]
        if shapes.get(node.name) is not None and all(source in fields for source in node.inputs):
            fields[node.name] = through(merged([fields[s] for s in node.inputs]), node.layer.window(inputs))
    return fields
