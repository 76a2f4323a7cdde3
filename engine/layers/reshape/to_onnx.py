"""Layers that rearrange values or resize images as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .spec import Flatten, PadChannels, Upsample, ZeroPad

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter


def flatten(layer: Flatten, write: NodeWriter) -> str:
    """In the order of channels first, to which what follows is adapted, or turned to ours where it cannot be."""
    x = write("Transpose", write.inputs[0], perm=(0, 2, 3, 1)) if write.turns else write.inputs[0]
    return write("Flatten", x, axis=1)


def pad_channels(layer: PadChannels, write: NodeWriter) -> str:
    rest = [0] * (len(write.shapes[0]) - 1)
    return _pad(write, [0, layer.before, *rest, 0, layer.after, *rest])


def zero_pad(layer: ZeroPad, write: NodeWriter) -> str:
    top, bottom, left, right = layer.padding
    return _pad(write, [0, 0, top, left, 0, 0, bottom, right])


def _pad(write: NodeWriter, pads: list[int]) -> str:
    return write("Pad", write.inputs[0], write.constant("pads", np.array(pads, np.int64)))


def upsample(layer: Upsample, write: NodeWriter) -> str:
    scales = write.constant("scales", np.array([1, 1, *layer.factor], np.float32))
    region = write.constant("region", np.empty(0, np.float32))  # unused; optional only from opset 13 on
    if layer.mode == "bilinear":
        return write("Resize", write.inputs[0], region, scales, mode="linear")
    repeating = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return write("Resize", write.inputs[0], region, scales, mode="nearest", **repeating)


NODES = {Flatten: flatten, PadChannels: pad_channels, ZeroPad: zero_pad, Upsample: upsample}
