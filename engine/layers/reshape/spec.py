"""Declarations of layers that only rearrange values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Shape, Window, integer, size


@dataclass(frozen=True)
class Flatten(Layer):
    """An image as one long vector, row by row, channels innermost."""

    about = About(
        category="reshape",
        summary="An image as one long vector.",
        help="Needed between the last image-shaped layer and the first dense one. Costs nothing: no value moves.",
        source="",
    )

    def renames(self, training: bool) -> bool:
        return True

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (size(inputs[0]),)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost()

    def window(self, inputs: Sequence[Shape]) -> Window:
        return Window((inputs[0][0], inputs[0][1])) if len(inputs[0]) == 3 else Window()

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 4, 5),)), Example(cls(), ((6,),)))


@dataclass(frozen=True)
class PadChannels(Layer):
    """Channels of zeros before and after the input's own."""

    before: int = integer(0, label="Before", help="Channels of zeros in front.", minimum=0)
    after: int = integer(0, label="After", help="Channels of zeros at the end.", minimum=0)

    about = About(
        category="reshape",
        summary="Adds channels of zeros.",
        help="The parameter-free residual shortcut: where a block has more channels than its input, "
        "the shortcut is padded with zeros.",
        source="He et al. 2015, Deep Residual Learning, option A",
    )

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (*inputs[0][:-1], self.before + inputs[0][-1] + self.after)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost()

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(2, 3), ((3, 4, 5),)), Example(cls(0, 4), ((7,),)))
