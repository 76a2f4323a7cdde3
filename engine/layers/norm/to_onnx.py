"""Normalisation as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import BatchNorm, LocalResponseNorm

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter


def batch_norm(layer: BatchNorm, write: NodeWriter) -> str:
    names = ("weight", "bias", "running_mean", "running_var")
    weights = [write.constant(name, write.by_feature(name)) for name in names]
    return write("BatchNormalization", write.inputs[0], *weights, epsilon=layer.epsilon, momentum=1 - layer.momentum)


def local_response(layer: LocalResponseNorm, write: NodeWriter) -> str:
    """ONNX divides alpha by the size."""
    numbers = {"size": layer.size, "alpha": layer.factor * layer.size, "beta": layer.beta, "bias": layer.k}
    return write("LRN", write.inputs[0], **numbers)


NODES = {BatchNorm: batch_norm, LocalResponseNorm: local_response}
