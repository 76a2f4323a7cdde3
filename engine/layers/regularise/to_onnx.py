"""Layers that act otherwise in training as nodes of ONNX, for inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .spec import Dropout

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter


def dropout(layer: Dropout, write: NodeWriter) -> str:
    x = write.inputs[0]
    if layer.scaling == "inference" and layer.rate:
        return write("Mul", x, write.constant("share", np.array(1 - layer.rate, np.float32)))
    if write.opset < 12:
        return write("Dropout", x, ratio=layer.rate)
    return write("Dropout", x, write.constant("ratio", np.array(layer.rate, np.float32)))


NODES = {Dropout: dropout}
