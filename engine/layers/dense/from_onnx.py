"""Dense layers from operators of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import Dense

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def gemm(op: Operator) -> Value:
    """alpha · x · W + beta · c."""
    if op.attribute("transA", 0):
        op.refuse("it transposes its input, so that features would become the batch")
    weight = op.weight(1, "weight", 2) * np.float32(op.attribute("alpha", 1.0))
    weight = weight.T if op.attribute("transB", 0) else weight
    if op.operand(2) is None or op.attribute("beta", 1.0) == 0:
        return _dense(op, weight)
    bias = op.weight(2, "bias") * np.float32(op.attribute("beta", 1.0))
    while bias.ndim > 1 and len(bias) == 1:
        bias = bias[0]
    if bias.ndim > 1 or bias.size not in {1, weight.shape[1]}:
        op.refuse(f"its bias has the shape {bias.shape}, which is not one number for each output")
    return _dense(op, weight, bias=np.broadcast_to(bias.reshape(-1), weight.shape[1:]))


def matmul(op: Operator) -> Value:
    return _dense(op, op.weight(1, "weight", 2))


def _dense(op: Operator, weight: Any, **bias: Any) -> Value:
    """The rows of the weights in the order of our vector."""
    vector = op.vector()
    if weight.shape[0] != vector.shape[0]:
        op.refuse(f"its weight has {weight.shape[0]} rows for {vector.shape[0]} features")
    if vector.order is not None:
        ours = np.empty_like(weight)
        ours[vector.order] = weight
        weight = ours
    return op.add(Dense(weight.shape[1], bias=bool(bias)), vector, axes=((0,),), weights={"weight": weight, **bias})


OPERATORS = {"Gemm": gemm, "MatMul": matmul}
