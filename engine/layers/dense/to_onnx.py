"""Dense layers as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Dense, DropConnect

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter


def dense(layer: Dense, write: NodeWriter) -> str:
    """At inference a layer that drops connections is a dense layer like any other."""
    bias = (write.weight("bias"),) if layer.bias else ()
    return write("Gemm", write.inputs[0], write.constant("weight", write.by_feature("weight")), *bias)


NODES = {Dense: dense, DropConnect: dense}
