"""Convolutions as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import Conv2D, ConvTranspose2D, SeparableConv2D

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter
    from ...spec.param import Pads


def conv(layer: Conv2D, write: NodeWriter) -> str:
    taps = _taps(layer, layer.geometry.pads(*write.shapes[0][:2]))
    return write("Conv", write.inputs[0], *_weights(layer, write), **taps, group=layer.groups)


def conv_transpose(layer: ConvTranspose2D, write: NodeWriter) -> str:
    pads, more = layer.margins(write.shapes)
    taps = _taps(layer, pads)
    operands = (write.inputs[0], *_weights(layer, write))
    return write("ConvTranspose", *operands, **taps, group=layer.groups, output_padding=more)


def separable(layer: SeparableConv2D, write: NodeWriter) -> str:
    """The depthwise convolution, without bias, and the 1×1 convolution."""
    taps = _taps(layer, layer.geometry.pads(*write.shapes[0][:2]))
    channels = write.shapes[0][2]
    between = write("Conv", write.inputs[0], write.weight("depthwise"), **taps, group=channels)
    bias = (write.weight("bias"),) if layer.bias else ()
    return write("Conv", between, write.weight("pointwise"), *bias, kernel_shape=(1, 1))


def _weights(layer: Conv2D | ConvTranspose2D, write: NodeWriter) -> list[str]:
    return [write.weight(name) for name in (("weight", "bias") if layer.bias else ("weight",))]


def _taps(layer: Conv2D | ConvTranspose2D | SeparableConv2D, pads: Pads) -> dict[str, Any]:
    top, bottom, left, right = pads
    return {
        "kernel_shape": layer.kernel,
        "strides": layer.stride,
        "pads": (top, left, bottom, right),
        "dilations": layer.dilation,
    }


NODES = {Conv2D: conv, ConvTranspose2D: conv_transpose, SeparableConv2D: separable}
