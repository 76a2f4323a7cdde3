"""Activation functions from operators of ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...spec import Layer
from .spec import ELU, GELU, ClippedReLU, HardSigmoid, HardSwish, LeakyReLU, PReLU, ReLU, Sigmoid, Softmax, Swish, Tanh

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def plain(layer: Layer) -> Callable[[Operator], Value]:
    return lambda op: op.add(layer, op.value())


def with_number(layer: type[Any], attribute: str, default: float, parameter: str) -> Callable[[Operator], Value]:
    return lambda op: op.add(layer(**{parameter: op.number(attribute, default)}), op.value())


def prelu(op: Operator) -> Value:
    value = op.value()
    slopes = op.per_channel(value, 1)
    return op.add(PReLU(), value, weights={"weight": slopes.astype(np.float32)})


def hard_sigmoid(op: Operator) -> Value:
    """With the slope of MobileNetV3 a layer of its own, with another a straight line held between 0 and 1."""
    slope, middle = op.number("alpha", 0.2), op.number("beta", 0.5)
    if math.isclose(slope, 1 / 6, rel_tol=1e-6) and math.isclose(middle, 0.5, rel_tol=1e-6):
        return op.add(HardSigmoid(), op.value())
    return op.add(ClippedReLU(1.0), op.scaled(op.value(), slope, middle, "_line"))


def clip(op: Operator) -> Value:
    """A ReLU, clipped or not, of the value moved so that the lower limit is 0."""
    low, high = _limit(op, 1, "min"), _limit(op, 2, "max")
    value = op.value()
    if low is None and high is None:
        return value
    if low is None:  # min(x, high) is high − relu(high − x)
        below = op.add(ReLU(), op.scaled(value, -1.0, high, "_down"), suffix="_relu")
        return op.scaled(below, -1.0, high)
    if high is not None and high <= low:
        op.refuse(f"its limits {low:g} and {high:g} leave nothing between")
    moved = value if low == 0 else op.scaled(value, 1.0, -low, "_down")
    suffix = "" if low == 0 else "_relu"
    layer = ReLU() if high is None else ClippedReLU(high - low)
    clipped = op.add(layer, moved, suffix=suffix)
    return clipped if low == 0 else op.scaled(clipped, 1.0, low)


def _limit(op: Operator, index: int, name: str) -> float | None:
    """A limit of Clip: an operand since opset 11, an attribute before; None where it is left out or infinite."""
    if op.operand(index) is not None:
        array = op.constant(index, f"limit {name}")
        if array.size != 1:
            op.refuse(f"its limit {name} is not a single number")
        limit = float(array.reshape(-1)[0])
    else:
        limit = float(op.attribute(name, math.nan))
    return limit if abs(limit) < 3.4e38 else None


def gelu(op: Operator) -> Value:
    return op.add(GELU("tanh" if op.attribute("approximate", "none") == "tanh" else "exact"), op.value())


def softmax(op: Operator) -> Value:
    """Over one axis since opset 13, before over all from the one named on."""
    value = op.value()
    rank = len(value.axes) + 1
    new = op.version >= 13
    axis = op.axis(rank, -1 if new else 1)
    over = {axis} if new else set(range(axis, rank))
    if 0 in over:
        op.refuse("it runs over the batch")
    run = [ours for each in sorted(over) for ours in value.tight[each - 1]]
    if run != [value.channels] and not (not run and value.shape[-1] == 1):
        op.refuse("it runs over rows or columns; only over channels or features there is a layer")
    return op.add(Softmax(), value)


OPERATORS = {
    "Relu": plain(ReLU()),
    "LeakyRelu": with_number(LeakyReLU, "alpha", 0.01, "slope"),
    "PRelu": prelu,
    "Elu": with_number(ELU, "alpha", 1.0, "alpha"),
    "Tanh": plain(Tanh()),
    "Sigmoid": plain(Sigmoid()),
    "HardSigmoid": hard_sigmoid,
    "HardSwish": plain(HardSwish()),
    "Swish": with_number(Swish, "alpha", 1.0, "beta"),
    "Gelu": gelu,
    "Clip": clip,
    "Softmax": softmax,
}
