"""Declarations of layers that rearrange values or resize images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Pair, Shape, Sides, Window, choice, integer, pair, sides, size
from ...spec.windows import image_shape


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


@dataclass(frozen=True)
class ZeroPad(Layer):
    """Rows and columns of zeros around the image."""

    padding: Sides = sides(1, label="Padding", help="Rows and columns of zeros to add on each side.")

    about = About(
        category="reshape",
        summary="Adds rows and columns of zeros around an image.",
        help="For padding that a layer cannot do itself, or that several layers are to share. A convolution's own "
        "padding costs less: its zeros are never stored.",
        source="LeCun et al. 1989",
    )

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width, channels = image_shape("ZeroPad", inputs)
        top, bottom, left, right = self.padding
        return top + height + bottom, left + width + right, channels

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost()

    def window(self, inputs: Sequence[Shape]) -> Window:
        return Window(padding=(self.padding[0], self.padding[2]))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 4, 5),)),
            Example(cls((0, 2, 3, 1)), ((5, 2, 17),)),
            Example(cls(0), ((2, 3, 1),)),
        )


@dataclass(frozen=True)
class Upsample(Layer):
    """An image enlarged by whole numbers: each pixel repeated, or bilinear interpolation between pixel centres.

    Beyond the outer pixels' centres the image goes on unchanged (PyTorch's `align_corners=False`).
    """

    factor: Pair = pair(2, label="Factor", help="Output rows and columns for each row and column of the input.")
    mode: str = choice(
        "nearest",
        ("nearest", "bilinear"),
        label="Mode",
        help="Repeat each pixel, or blend the four pixels whose centres are around.",
    )

    about = About(
        category="reshape",
        summary="Enlarges an image by whole numbers.",
        help="Brings a small image back to a larger size without weights; a convolution behind it can refine it.",
        source="Odena, Dumoulin & Olah 2016, Deconvolution and Checkerboard Artifacts",
    )

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width, channels = image_shape("Upsample", inputs)
        return height * self.factor[0], width * self.factor[1], channels

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=4 * size(output)) if self.mode == "bilinear" else Cost()

    def window(self, inputs: Sequence[Shape]) -> Window:
        rows, columns = (self._taps(factor) for factor in self.factor)
        return Window((rows[0], columns[0]), padding=(rows[1], columns[1]), upsampling=self.factor)

    def _taps(self, factor: int) -> tuple[int, int]:
        """How far one output looks around over the pixels, `factor` apart, and how much of it lies before."""
        if self.mode == "nearest":
            return factor, factor - 1
        before = (3 * factor - 2) // 2
        return before + factor // 2 + 1, before

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 4, 5),)),
            Example(cls((1, 3)), ((4, 2, 17),)),
            Example(cls(2, "bilinear"), ((3, 4, 5),)),
            Example(cls((3, 4), "bilinear"), ((4, 1, 17),)),
        )
