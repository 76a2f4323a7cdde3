"""Convolutions as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Conv2D, ConvTranspose2D, SeparableConv2D

if TYPE_CHECKING:
    from ...io.pytorch.part import Part


def conv(layer: Conv2D, part: Part) -> str:
    x, padding = _padded(layer, part)
    sizes = part.call("nn.Conv2d", part.shapes[0][2], layer.filters, layer.kernel, **_options(layer, part, padding))
    return f"{part.module(sizes, _names(layer))}({x})"


def conv_transpose(layer: ConvTranspose2D, part: Part) -> str:
    """Where PyTorch lacks the padding, the whole result is computed and cut."""
    (top, bottom, left, right), more = layer.margins(part.shapes)
    even = (top, left) == (bottom, right)
    options = {**_options(layer, part, (top, left) if even else (0, 0)), "output_padding": part.optional(more, (0, 0))}
    sizes = part.call("nn.ConvTranspose2d", part.shapes[0][2], layer.filters, layer.kernel, **options)
    enlarged = f"{part.module(sizes, _names(layer))}({part.inputs[0]})"
    return enlarged if even else f"F.pad({enlarged}, {(-left, -right, -top, -bottom)})"


def separable(layer: SeparableConv2D, part: Part) -> str:
    channels, between = part.shapes[0][2], part.shapes[0][2] * layer.multiplier
    x, padding = _padded(layer, part)
    options = {
        **_window(layer, part, padding),
        "groups": part.optional(channels, 1),
        "bias": False,
    }
    first = part.call("nn.Conv2d", channels, between, layer.kernel, **options)
    depthwise = part.module(first, {"weight": "depthwise"}, suffix="depthwise")
    second = part.call("nn.Conv2d", between, layer.filters, 1, bias=part.optional(layer.bias, True))
    names = {"weight": "pointwise", **({"bias": "bias"} if layer.bias else {})}
    return f"{part.module(second, names, suffix='pointwise')}({depthwise}({x}))"


def _padded(layer: Conv2D | SeparableConv2D, part: Part) -> tuple[str, tuple[int, int]]:
    """What the convolution reads, and the rows and columns that it pads on both sides."""
    top, bottom, left, right = layer.geometry.pads(*part.shapes[0][:2])
    if (top, left) == (bottom, right):
        return part.inputs[0], (top, left)
    return f"F.pad({part.inputs[0]}, {(left, right, top, bottom)})", (0, 0)


def _options(layer: Conv2D | ConvTranspose2D, part: Part, padding: tuple[int, int]) -> dict[str, object]:
    groups, bias = part.optional(layer.groups, 1), part.optional(layer.bias, True)
    return {**_window(layer, part, padding), "groups": groups, "bias": bias}


def _window(
    layer: Conv2D | ConvTranspose2D | SeparableConv2D, part: Part, padding: tuple[int, int]
) -> dict[str, object]:
    return {
        "stride": part.optional(layer.stride, (1, 1)),
        "padding": part.optional(padding, (0, 0)),
        "dilation": part.optional(layer.dilation, (1, 1)),
    }


def _names(layer: Conv2D | ConvTranspose2D) -> dict[str, str]:
    return {name: name for name in (("weight", "bias") if layer.bias else ("weight",))}


MODULES = {Conv2D: conv, ConvTranspose2D: conv_transpose, SeparableConv2D: separable}
