"""One layer to run, and the words that schedules and plans share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..spec import Layer, Shape
from .fusion import Epilogue

Mode = Literal["inference", "gradient", "training"]
"""`inference` keeps nothing; `gradient` runs layers as at inference but keeps all for backward; `training` learns."""

FLOAT_BYTES = 4

Reader = tuple[int, int]
"""A step's index and the port on which it reads a value; sorted in the order backward runs them."""

MASKED_BY_OUTPUT = frozenset({"MaxPool2D"})
"""Layers that can tell from their output where their input was positive."""

IN_PLACE = frozenset({"BatchNorm"})
"""Layers that may write their input's gradient over their output's: each value of one depends on that of the other."""

MEASURES = frozenset({"Conv2D", "ConvTranspose2D", "SeparableConv2D"})
"""Layers that can take the sums batch norm wants of what they write: of their output, and of their input's gradient."""


@dataclass(frozen=True)
class Step:
    """One layer to run, named after its node: the values it reads, in port order, and the one it writes.

    `epilogue` says what is done to the layer's result before it is stored.
    """

    index: int
    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    value: str
    epilogue: Epilogue

    @property
    def passes(self) -> tuple[int, ...]:
        """Ports whose gradient is the step's own gradient, unchanged."""
        if self.epilogue.add_port is not None:
            return (self.epilogue.add_port,)
        return tuple(range(len(self.inputs))) if self.layer.type_name() == "Add" else ()

    @property
    def overwrites(self) -> tuple[int, ...]:
        """Ports whose gradient may be written over the step's own, which nobody else is given then."""
        return (0,) if self.layer.type_name() in IN_PLACE and not self.passes else ()
