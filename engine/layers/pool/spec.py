"""Declarations of pooling layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ...spec import (
    About,
    Cost,
    Example,
    Layer,
    Padding,
    Pair,
    Ports,
    Saved,
    Shape,
    ShapeError,
    Window,
    flag,
    format_shape,
    padding,
    pair,
    size,
)
from ...spec.windows import WindowGeometry, image_shape, lost_rows_warning, windowed_size


class _Pool2D(Layer):
    """Shapes, cost and receptive field that windowed pooling layers share."""

    kernel: Pair
    stride: Pair
    padding: Padding
    ceil_mode: bool
    dilation: Pair = cast(Pair, (1, 1))  # of those that declare none

    @property
    def geometry(self) -> WindowGeometry:
        return WindowGeometry(self.kernel, self.stride, self.padding, self.dilation, self.ceil_mode)

    def parameter_problems(self) -> list[str]:
        if isinstance(self.padding, str):
            return []
        rows, columns = self.geometry.extent
        if any(p >= extent for p, extent in zip(self.padding, (rows, rows, columns, columns))):
            limit = "the kernel" if self.dilation == (1, 1) else f"the {rows}×{columns} that the dilated kernel spans"
            return [f"padding {max(self.padding)} would make windows of padding alone: use less than {limit}"]
        return []

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width, channels = image_shape(self.type_name(), inputs)
        rows, columns = windowed_size(self.geometry, height, width)
        for axis in self.geometry.overstepped(height, width):
            name, length = (("rows", height), ("columns", width))[axis]
            raise ShapeError(
                f"dilation {self.dilation[axis]} makes windows of padding alone on an image of {length} {name}",
                f"use a dilation ≤ {length} or no padding",
            )
        return rows, columns, channels

    def warnings(self, inputs: Sequence[Shape]) -> list[tuple[str, str, str]]:
        return lost_rows_warning(self.geometry, inputs[0][0], inputs[0][1], ", or turn on ceil mode")

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=size(output) * self.kernel[0] * self.kernel[1])

    def window(self, inputs: Sequence[Shape]) -> Window:
        top, _, left, _ = self.geometry.pads(inputs[0][0], inputs[0][1])
        return Window(self.geometry.extent, self.stride, (top, left))


def switches(kernel: tuple[int, int], pooled: Shape) -> Saved:
    """Where in its window each maximum was."""
    return Saved("switches", pooled, "uint8" if kernel[0] * kernel[1] <= 256 else "uint32")


_KERNEL = "Rows and columns of each window."
_STRIDE = "Step between windows. Smaller than the kernel makes them overlap."
_PADDING = "Rows and columns around the image that never win or count."
_DILATION = "Spacing between the values of a window. Larger windows at the same cost, with gaps."
_CEIL = "Round the output size up: a last window may reach beyond the image, so that no row is left out."


@dataclass(frozen=True)
class MaxPool2D(_Pool2D):
    """The largest value of each window; remembers where it was, for the backward pass and for unpooling."""

    kernel: Pair = pair(2, label="Kernel", help=_KERNEL)
    stride: Pair = pair(2, label="Stride", help=_STRIDE)
    padding: Padding = padding("valid", help=_PADDING)
    ceil_mode: bool = flag(False, label="Ceil mode", help=_CEIL)
    dilation: Pair = pair(1, label="Dilation", help=_DILATION)

    about = About(
        category="pooling",
        summary="The largest value of each window.",
        help="Shrinks the image and keeps the strongest response. Its switches record where each maximum was.",
        source="Zhou & Chellappa 1988; Zeiler & Fergus 2013 for switches; Krizhevsky et al. 2012 for overlap; "
        "Yu & Koltun 2016 for dilation",
    )

    def saved(self, inputs: Sequence[Shape], output: Shape) -> tuple[Saved, ...]:
        return (switches(self.kernel, output),)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((6, 5, 3),)),
            Example(cls(3, 2), ((7, 9, 2),)),
            Example(cls(3, 2, padding=1), ((5, 6, 17),)),
            Example(cls((2, 3), (1, 2), padding="same"), ((5, 5, 1),)),
            Example(cls((17, 16), 1), ((17, 18, 2),)),
            Example(cls(3, 2, ceil_mode=True), ((8, 6, 3),)),
            Example(cls(2, 3, padding=1, ceil_mode=True), ((4, 5, 2),)),
            Example(cls(3, 1, padding="same", dilation=2), ((5, 6, 17),)),
            Example(cls((2, 3), (3, 2), padding=(1, 0, 3, 2), ceil_mode=True, dilation=(3, 2)), ((8, 7, 2),)),
        )


@dataclass(frozen=True)
class AvgPool2D(_Pool2D):
    """The mean of each window."""

    kernel: Pair = pair(2, label="Kernel", help=_KERNEL)
    stride: Pair = pair(2, label="Stride", help=_STRIDE)
    padding: Padding = padding("valid", help=_PADDING)
    count_padding: bool = flag(
        False, label="Count padding", help="Divide by the whole window even where it reaches into the padding."
    )
    ceil_mode: bool = flag(False, label="Ceil mode", help=_CEIL)

    about = About(
        category="pooling",
        summary="The mean of each window.",
        help="Shrinks the image and smooths it. Used between the stages of the 1990s networks.",
        source="LeCun et al. 1989",
    )

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((6, 5, 3),)),
            Example(cls(3, 2, padding=1), ((7, 6, 2),)),
            Example(cls(3, 1, padding="same", count_padding=True), ((5, 4, 17),)),
            Example(cls(3, 2, padding=1, ceil_mode=True), ((6, 8, 3),)),
            Example(cls(3, 2, padding=(0, 1, 2, 1), count_padding=True, ceil_mode=True), ((6, 7, 2),)),
        )


@dataclass(frozen=True)
class MaxUnpool2D(_Pool2D):
    """Values put back where a max pooling found its maxima, zeros elsewhere.

    Reads the pooled map (or one of its shape) and, second, the map before that pooling, in which it finds the maxima
    again: the switches. Where windows overlap, values that meet add up. The second input gets no gradient.
    """

    kernel: Pair = pair(2, label="Kernel", help="Rows and columns of each window of the pooling.")
    stride: Pair = pair(2, label="Stride", help="Step between the windows of the pooling.")
    padding: Padding = padding("valid", help="Padding of the pooling.")
    ceil_mode: bool = flag(False, label="Ceil mode", help="Whether the pooling rounds its output size up.")
    dilation: Pair = pair(1, label="Dilation", help="Spacing between the values of the pooling's windows.")

    about = About(
        category="pooling",
        summary="Puts values back where a pooling found its maxima.",
        help="Undoes a max pooling as far as that can be done. Connect the pooled map first and the map before the "
        "pooling second, and use the pooling's own kernel, stride and padding.",
        source="Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, §2.1; "
        "Badrinarayanan et al. 2015 for decoders",
    )
    ports = Ports(2, 2)

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        image_shape("MaxUnpool2D", inputs)
        before, pooled = inputs[1], super().infer_shape(inputs[1:])
        if inputs[0] != pooled:
            raise ShapeError(
                f"pooling the second input {format_shape(before)} gives {format_shape(pooled)} and the first input is "
                f"{format_shape(inputs[0])}",
                "connect the pooled map first, the map before that pooling second, and use the pooling's settings",
            )
        return before

    def warnings(self, inputs: Sequence[Shape]) -> list[tuple[str, str, str]]:
        return []  # the pooling has said it

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=super().cost(inputs, inputs[0]).elementwise + size(output))

    def windows(self, inputs: Sequence[Shape]) -> tuple[tuple[Window, ...], ...]:
        pooling = self.window(inputs[1:])
        rows, columns = (k - 1 - p for k, p in zip(pooling.kernel, pooling.padding))
        unpooling = Window(pooling.kernel, padding=(rows, columns), upsampling=self.stride)
        return (unpooling,), (pooling, unpooling)

    def saved(self, inputs: Sequence[Shape], output: Shape) -> tuple[Saved, ...]:
        return (switches(self.kernel, inputs[0]),)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 2, 3), (6, 5, 3))),
            Example(cls(3, 2), ((3, 4, 2), (7, 9, 2))),
            Example(cls((2, 3), (3, 2), padding=(1, 0, 0, 2)), ((2, 2, 17), (4, 4, 17))),
            Example(cls(3, 2, ceil_mode=True), ((4, 3, 2), (8, 6, 2))),
            Example(cls((3, 2), (1, 2), padding=(1, 2, 0, 1), dilation=(2, 3)), ((5, 2, 1), (6, 5, 1))),
        )


@dataclass(frozen=True)
class GlobalAvgPool(Layer):
    """The mean of each channel over the whole image: (H, W, C) becomes (C,)."""

    about = About(
        category="pooling",
        summary="The mean of each channel over the whole image.",
        help="Replaces large dense layers at the end of a network: no weights, any image size.",
        source="Lin, Chen & Yan 2013, Network in Network, §3.2",
    )

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (image_shape("GlobalAvgPool", inputs)[2],)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=size(inputs[0]))

    def window(self, inputs: Sequence[Shape]) -> Window:
        return Window((inputs[0][0], inputs[0][1]))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((5, 7, 3),)), Example(cls(), ((1, 1, 18),)))
