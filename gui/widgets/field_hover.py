"""Receptive fields under the mouse: a unit's box on the image, and the units that see a pixel of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convscope.engine.cost.receptive import receptive_fields
from convscope.engine.graph.network import Network

from .pixel_box import Box


@dataclass(frozen=True)
class FieldHover:
    """The fields of one layer's units in an image of `given` (rows, columns) that a model looks at."""

    field: Any
    shape: tuple[int, int]
    """Rows and columns of the layer's maps."""
    inputs: tuple[int, int]
    """Rows and columns of the network's input."""
    given: tuple[int, int]
    preprocessing: Any

    @classmethod
    def of(cls, network: Network, layer: str, given: tuple[int, int], preprocessing: Any = None) -> FieldHover | None:
        """None for a layer without maps: all its units see the whole image. Without preprocessing sizes are equal."""
        shape = network.shapes().get(layer)
        if shape is None or len(shape) != 3:
            return None
        inputs = (network.input[0], network.input[1])
        return cls(receptive_fields(network)[layer], (shape[0], shape[1]), inputs, given, preprocessing)

    def box(self, row: int, column: int) -> Box:
        """What a unit sees, in pixels of the image; it may reach beyond it."""
        seen: Box = self.field.box(row, column)
        return seen if self.preprocessing is None else self.preprocessing.seen(seen, self.given, self.inputs)

    def told(self, row: int, column: int) -> str:
        """What a unit sees, in words: in pixels of the network's input, counted from 1."""
        top, bottom, left, right = self.field.box(row, column)
        if bottom <= top or right <= left:
            return "sees nothing"
        rows, columns = (max(top, 0), min(bottom, self.inputs[0])), (max(left, 0), min(right, self.inputs[1]))
        text = f"sees rows {rows[0] + 1}–{rows[1]}, columns {columns[0] + 1}–{columns[1]}"
        size = f"{bottom - top}×{right - left} pixels"
        beyond = (top, bottom, left, right) != (*rows, *columns)
        return f"{text} ({size}, partly padding)" if beyond else f"{text} ({size})"

    def seeing(self, row: int, column: int) -> tuple[int, int, int, int] | None:
        """The units (top, bottom, left, right; ends excluded) that see a pixel of the image; None if none does."""
        pixel = (row, column)
        if self.preprocessing is not None:
            pixel = self.preprocessing.read_at(pixel, self.given, self.inputs)
        found: tuple[int, int, int, int] | None = self.field.seeing(*pixel, self.shape)
        return found


def units_told(units: tuple[int, int, int, int] | None) -> str:
    """`3×3 units see this pixel`, or that none does."""
    if units is None:
        return "No unit sees this pixel"
    top, bottom, left, right = units
    count = f"{bottom - top}×{right - left} units see"
    return f"{count if (bottom - top) * (right - left) > 1 else 'One unit sees'} this pixel"
