"""Layers that act otherwise in training from operators of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Dropout

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def dropout(op: Operator) -> Value:
    """Its share is an operand since opset 12; the mask, its second result, is all ones here and not given."""
    if op.operand(2) is not None and op.constant(2, "training mode").any():
        op.refuse("it is in training mode; export the network for inference")
    if op.operand(1) is not None:
        share = op.constant(1, "ratio").reshape(-1)
        ratio = float(share[0]) if share.size == 1 else op.refuse("its ratio is not a single number")
    else:
        ratio = op.number("ratio", 0.5)
    return op.add(Dropout(float(f"{ratio:.7g}")), op.value())


OPERATORS = {"Dropout": dropout}
