"""Declaration of two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...spec import (
    About,
    Cost,
    Example,
    Layer,
    Padding,
    Pair,
    Saved,
    Shape,
    ShapeError,
    Weight,
    Window,
    flag,
    integer,
    padding,
    pair,
    size,
)
from ...spec.param import Pads
from ...spec.windows import WindowGeometry, image_shape, lost_rows_warning, windowed_size


@dataclass(frozen=True)
class Conv2D(Layer):
    """Two-dimensional convolution (cross-correlation): output size ⌊(N + 2P − F)/S⌋ + 1."""

    filters: int = integer(32, label="Filters", help="Number of filters, and so of output channels.")
    kernel: Pair = pair(3, label="Kernel", help="Rows and columns of each filter.")
    stride: Pair = pair(1, label="Stride", help="Step between window positions.")
    padding: Padding = padding(
        "valid", help="Zeros around the image. With stride 1, same keeps the size; valid adds none."
    )
    dilation: Pair = pair(1, label="Dilation", help="Spacing between the taps of a filter.")
    groups: int = integer(
        1,
        label="Groups",
        help="Split channels into groups that do not see each other; as many as channels is depthwise.",
    )
    bias: bool = flag(
        True, label="Bias", help="Add a learned constant to each output channel. Useless right before batch norm."
    )

    about = About(
        category="convolution",
        summary="Learned filters slide over the image.",
        help="Each output is the weighted sum of a small window of the input, with the same weights at every position.",
        source="LeCun et al. 1989; Dumoulin & Visin 2016 for the arithmetic; Krizhevsky et al. 2012 for groups",
    )
    backward_needs = frozenset({"input"})

    @property
    def geometry(self) -> WindowGeometry:
        return WindowGeometry(self.kernel, self.stride, self.padding, self.dilation)

    def parameter_problems(self) -> list[str]:
        if self.filters % self.groups:
            what = f"{self.filters} filters cannot be split into {self.groups} groups"
            return [f"{what}: use a multiple of {self.groups} filters"]
        return []

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width, channels = image_shape("Conv2D", inputs)
        if channels % self.groups:
            raise ShapeError(
                f"{channels} input channels cannot be split into {self.groups} groups",
                f"use a number of groups that divides {channels}",
            )
        rows, columns = windowed_size(self.geometry, height, width)
        return rows, columns, self.filters

    def warnings(self, inputs: Sequence[Shape]) -> list[tuple[str, str, str]]:
        return lost_rows_warning(self.geometry, inputs[0][0], inputs[0][1])

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        rows, columns = self.kernel
        channels = inputs[0][2] // self.groups
        taps = rows * columns
        kernel = Weight(
            "weight",
            (rows, columns, channels, self.filters),
            "he",
            fan_in=taps * channels,
            fan_out=taps * self.filters // self.groups,
        )
        return (kernel, Weight("bias", (self.filters,), "zeros", decay=False)) if self.bias else (kernel,)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        per_output = self.kernel[0] * self.kernel[1] * (inputs[0][2] // self.groups)
        return Cost(macs=size(output) * per_output, bias_adds=size(output) if self.bias else 0)

    def window(self, inputs: Sequence[Shape]) -> Window:
        top, _, left, _ = self.geometry.pads(inputs[0][0], inputs[0][1])
        return Window(self.geometry.extent, self.stride, (top, left))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(3, 3), ((5, 7, 2),)),
            Example(cls(17, 3, padding="same"), ((6, 5, 3),)),
            Example(cls(4, (3, 2), stride=2, padding=(1, 0, 2, 1)), ((7, 6, 3),)),
            Example(cls(5, 3, stride=(3, 2), padding="same"), ((8, 9, 2),)),
            Example(cls(33, 1, bias=False), ((4, 3, 19),)),
            Example(cls(6, 3, dilation=2, padding=2), ((6, 7, 4),)),
            Example(cls(4, (1, 5), padding="same", dilation=(1, 2)), ((4, 9, 2),)),
            Example(cls(6, 3, groups=3, padding=1), ((5, 5, 9),)),
            Example(cls(10, 3, groups=5, padding=1, stride=2), ((5, 6, 5),)),
            Example(cls(7, 5, padding=4), ((1, 1, 1),)),
            Example(cls(16, 7, stride=2, padding=3), ((11, 9, 3),)),
        )


@dataclass(frozen=True)
class ConvTranspose2D(Layer):
    """Transposed convolution: the gradient of a convolution with respect to its image, as a layer.

    Output size (N − 1)·S − 2P + D·(F − 1) + output padding + 1. `weight` is laid out as that of the convolution it
    transposes, which makes the input's channels of `filters` maps: (rows, columns, filters / groups, input channels).
    """

    filters: int = integer(32, label="Filters", help="Number of output channels.")
    kernel: Pair = pair(2, label="Kernel", help="Rows and columns that each input value is spread over.")
    stride: Pair = pair(2, label="Stride", help="Step between neighbouring inputs in the output: how much it enlarges.")
    padding: Padding = padding(
        "valid", help="Rows and columns cut off around the result. Same gives size times stride; valid cuts nothing."
    )
    output_padding: Pair = pair(
        0,
        label="Output padding",
        help="Rows and columns more at the end, less than the stride: which of the sizes that a convolution maps to "
        "the input's.",
        minimum=0,
    )
    dilation: Pair = pair(1, label="Dilation", help="Spacing between the taps of a filter.")
    groups: int = integer(1, label="Groups", help="Split channels into groups that do not see each other.")
    bias: bool = flag(True, label="Bias", help="Add a learned constant to each output channel.")

    about = About(
        category="convolution",
        summary="Learned filters enlarge the image.",
        help="Each input value is multiplied with a filter and laid down in the output, `stride` apart, overlaps added "
        "up. A kernel that the stride divides avoids checkerboard patterns.",
        source="Dumoulin & Visin 2016, §4; Long, Shelhamer & Darrell 2014 for segmentation; "
        "Odena, Dumoulin & Olah 2016 for checkerboards",
    )
    backward_needs = frozenset({"input"})

    @property
    def geometry(self) -> WindowGeometry:
        """The windows of the convolution it transposes, on the output."""
        return WindowGeometry(self.kernel, self.stride, self.padding, self.dilation)

    def parameter_problems(self) -> list[str]:
        problems = []
        if self.filters % self.groups:
            what = f"{self.filters} filters cannot be split into {self.groups} groups"
            problems.append(f"{what}: use a multiple of {self.groups} filters")
        more = self.output_padding
        if any(m >= s for m, s in zip(more, self.stride)):
            problems.append(f"output padding {more[0]}×{more[1]} reaches the stride: use less than the stride")
        elif self.padding == "same" and any(more):
            problems.append("same padding already says the output size: use output padding 0")
        return problems

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width, channels = image_shape("ConvTranspose2D", inputs)
        if channels % self.groups:
            raise ShapeError(
                f"{channels} input channels cannot be split into {self.groups} groups",
                f"use a number of groups that divides {channels}",
            )
        rows, columns = self.geometry.input_size(height, width, self.output_padding)
        if rows < 1 or columns < 1:
            whole = replace(self.geometry, padding="valid").input_size(height, width, self.output_padding)
            raise ShapeError(
                f"padding cuts off all of the result {whole[0]}×{whole[1]}",
                f"use padding ≤ {(min(whole) - 1) // 2}",
            )
        return rows, columns, self.filters

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        rows, columns = self.kernel
        channels, filters, taps = inputs[0][2], self.filters // self.groups, rows * columns
        kernel = Weight(
            "weight",
            (rows, columns, filters, channels),
            "he",
            fan_in=-(-taps * (channels // self.groups) // (self.stride[0] * self.stride[1])),
            fan_out=taps * filters,
        )
        return (kernel, Weight("bias", (self.filters,), "zeros", decay=False)) if self.bias else (kernel,)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        per_input = self.kernel[0] * self.kernel[1] * (self.filters // self.groups)
        return Cost(macs=size(inputs[0]) * per_input, bias_adds=size(output) if self.bias else 0)

    def margins(self, inputs: Sequence[Shape]) -> tuple[Pads, tuple[int, int]]:
        """What is cut off at the top, bottom, left and right, and the rows and columns added at the end."""
        height, width, _ = self.infer_shape(inputs)
        pads = self.geometry.pads(height, width)
        spanned = replace(self.geometry, padding=pads).input_size(inputs[0][0], inputs[0][1])
        return pads, (height - spanned[0], width - spanned[1])

    def window(self, inputs: Sequence[Shape]) -> Window:
        (top, _, left, _), _ = self.margins(inputs)
        rows, columns = self.geometry.extent
        return Window((rows, columns), padding=(rows - 1 - top, columns - 1 - left), upsampling=self.stride)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(3), ((3, 4, 2),)),
            Example(cls(17, 3, padding=1, output_padding=1), ((4, 3, 3),)),
            Example(cls(4, (3, 2), stride=(1, 2), padding=(1, 0, 0, 1)), ((4, 5, 3),)),
            Example(cls(2, 3, stride=(3, 2), padding="same", bias=False), ((3, 4, 19),)),
            Example(cls(3, 1, stride=(2, 3), padding="same"), ((3, 2, 2),)),
            Example(cls(6, 3, stride=2, dilation=2, padding=2, output_padding=(1, 0)), ((3, 4, 4),)),
            Example(cls(6, 4, groups=3, padding=1), ((3, 4, 9),)),
            Example(cls(5, 3, groups=5, padding=1, output_padding=1), ((3, 4, 10),)),
            Example(cls(32, 3, stride=1, padding=1), ((4, 4, 16),)),
        )


@dataclass(frozen=True)
class SeparableConv2D(Layer):
    """A depthwise convolution and a 1×1 convolution on its result, without anything between: output size as Conv2D's.

    Weights are `depthwise` (R, S, 1, C·multiplier), `pointwise` (1, 1, C·multiplier, filters) and `bias`.
    """

    filters: int = integer(32, label="Filters", help="Number of output channels: filters of the 1×1 convolution.")
    kernel: Pair = pair(3, label="Kernel", help="Rows and columns of each depthwise filter.")
    stride: Pair = pair(1, label="Stride", help="Step between window positions of the depthwise filters.")
    padding: Padding = padding(
        "valid", help="Zeros around the image. With stride 1, same keeps the size; valid adds none."
    )
    dilation: Pair = pair(1, label="Dilation", help="Spacing between the taps of a depthwise filter.")
    multiplier: int = integer(1, label="Multiplier", help="Depthwise filters for each input channel.")
    bias: bool = flag(
        True, label="Bias", help="Add a learned constant to each output channel. Useless right before batch norm."
    )

    about = About(
        category="convolution",
        summary="One filter a channel, then a 1×1 convolution.",
        help="Sees the neighbourhood in each channel and mixes the channels afterwards: for a 3×3 kernel eight to nine "
        "times fewer weights and multiply-adds. To put batch norm or ReLU between, use two Conv2D, the first in as "
        "many groups as channels.",
        source="Chollet 2017, Xception; Howard et al. 2017, MobileNets, §3.1",
    )
    backward_needs = frozenset({"input"})

    @property
    def geometry(self) -> WindowGeometry:
        return WindowGeometry(self.kernel, self.stride, self.padding, self.dilation)

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width, _ = image_shape("SeparableConv2D", inputs)
        return (*windowed_size(self.geometry, height, width), self.filters)

    def warnings(self, inputs: Sequence[Shape]) -> list[tuple[str, str, str]]:
        return lost_rows_warning(self.geometry, inputs[0][0], inputs[0][1])

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        rows, columns = self.kernel
        taps, between = rows * columns, inputs[0][2] * self.multiplier
        shape = (rows, columns, 1, between)  # no ReLU follows, so that Xavier's scale is right
        depthwise = Weight("depthwise", shape, "xavier", fan_in=taps, fan_out=taps * self.multiplier)
        shape = (1, 1, between, self.filters)
        pointwise = Weight("pointwise", shape, "he", fan_in=between, fan_out=self.filters)
        bias = (Weight("bias", (self.filters,), "zeros", decay=False),) if self.bias else ()
        return (depthwise, pointwise, *bias)

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        maps = size(self.between(inputs, output))
        macs = maps * self.kernel[0] * self.kernel[1] + maps * self.filters
        return Cost(macs=macs, bias_adds=size(output) if self.bias else 0)

    def window(self, inputs: Sequence[Shape]) -> Window:
        top, _, left, _ = self.geometry.pads(inputs[0][0], inputs[0][1])
        return Window(self.geometry.extent, self.stride, (top, left))

    def between(self, inputs: Sequence[Shape], output: Shape) -> tuple[int, int, int]:
        """Shape of the depthwise convolution's result."""
        return output[0], output[1], inputs[0][2] * self.multiplier

    def saved(self, inputs: Sequence[Shape], output: Shape) -> tuple[Saved, ...]:
        return (Saved("between", self.between(inputs, output)),)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(3), ((5, 6, 2),)),
            Example(cls(17, 3, padding="same"), ((4, 5, 17),)),
            Example(cls(4, (3, 2), stride=2, padding=(1, 0, 2, 1), multiplier=2), ((6, 5, 3),)),
            Example(cls(5, 3, dilation=2, padding=2, multiplier=3, bias=False), ((5, 4, 2),)),
        )
