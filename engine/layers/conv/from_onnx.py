"""Convolutions from operators of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import Conv2D, ConvTranspose2D

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value
    from ...spec.param import Pads


def conv(op: Operator) -> Value:
    image = op.image()
    weight = _filters(op, image)
    window = op.window(image, weight.shape[2:])
    weights = {"weight": weight.transpose(2, 3, 1, 0)} | _bias(op)
    layer = Conv2D(filters=weight.shape[0], **window, groups=int(op.attribute("group", 1)), bias="bias" in weights)
    return op.add(layer, image, axes=op.windows(image), weights=weights)


def conv_transpose(op: Operator) -> Value:
    """Its weights are laid out as those of the convolution it transposes: (input channels, filters / groups, R, S)."""
    image = op.image()
    weight = _filters(op, image)
    groups = int(op.attribute("group", 1))
    more = op.pair("output_padding", 0, image)
    window = op.window(image, weight.shape[2:], padded=False)
    extent = tuple((k - 1) * d + 1 for k, d in zip(window["kernel"], window["dilation"]))
    whole = [(n - 1) * s + e for n, s, e in zip(image.shape, window["stride"], extent)]
    padding, more = _cut(op, image, whole, window["stride"], more)
    weights: dict[str, Any] = {"weight": weight.transpose(2, 3, 1, 0)} | _bias(op)
    layer = ConvTranspose2D(
        filters=weight.shape[1] * groups,
        **window,
        padding=padding,
        output_padding=more,
        groups=groups,
        bias="bias" in weights,
    )
    return op.add(layer, image, axes=op.windows(image), weights=weights)


def _cut(
    op: Operator, image: Value, whole: list[int], stride: tuple[int, int], more: tuple[int, int]
) -> tuple[Pads, tuple[int, int]]:
    """Rows and columns cut off on each side, and those added at the end."""
    wanted, same = op.integers("output_shape")[-2:], op.attribute("auto_pad", "NOTSET")
    if wanted:
        sizes = (1,) * (2 - len(wanted)) + wanted
    elif same.startswith("SAME"):
        sizes = tuple(n * s for n, s in zip(image.shape, stride))
    else:
        return op.pads(image), more
    pads, added = [], []
    for length, size, extra in zip(whole, sizes, more):
        total = length + extra - size
        half = max(total, 0) // 2
        pads += [max(total, 0) - half, half] if same == "SAME_LOWER" else [half, max(total, 0) - half]
        added.append(extra + max(-total, 0))
    return (pads[0], pads[1], pads[2], pads[3]), (added[0], added[1])


def _filters(op: Operator, image: Value) -> Any:
    """The filters with two window axes, the first of them 1 for an image of a single row."""
    axes = len(image.axes)
    weight = op.weight(1, "weight", axes + 1)
    return weight if axes == 3 else np.expand_dims(weight, 2)


def _bias(op: Operator) -> dict[str, Any]:
    return {} if op.operand(2) is None else {"bias": op.weight(2, "bias", 1)}


OPERATORS = {"Conv": conv, "ConvTranspose": conv_transpose}
