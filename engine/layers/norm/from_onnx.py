"""Normalisation from operators of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import BatchNorm, LocalResponseNorm

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def batch_norm(op: Operator) -> Value:
    """With its running statistics; ONNX's momentum is the weight of the old ones."""
    if op.attribute("training_mode", 0):
        op.refuse("it is in training mode; export the network for inference")
    if not op.attribute("spatial", 1):
        op.refuse("it normalises each position by itself")
    value = op.value()
    if value.is_image() or (len(value.shape) == 1 and value.axes and value.is_along(0, 0) and value.order is None):
        names = ("weight", "bias", "running_mean", "running_var")
        weights = {name: op.weight(i, name, 1) for i, name in enumerate(names, 1)}
        momentum = 1 - op.number("momentum", 0.9)
        layer = BatchNorm(min(max(round(momentum, 7), 0.0), 1.0), op.number("epsilon", 1e-5))
        return op.add(layer, value, weights=weights)
    op.refuse("its input is neither an image of channels, rows, columns nor features")


def local_response(op: Operator) -> Value:
    alpha, beta, k = (op.number(*pair) for pair in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    layer = LocalResponseNorm(int(op.attribute("size", 0)), alpha, beta, k, average=True)
    image = op.image()
    return op.add(layer, image)


OPERATORS = {"BatchNormalization": batch_norm, "LRN": local_response}
