"""Sums, products with constants and joined branches from operators of ONNX."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...spec import format_shape, size
from .spec import Add, Concat, Multiply

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def add(op: Operator) -> Value:
    """A sum of values is a layer; constants are added to each channel."""
    values = [i for i in range(len(op.operands)) if not isinstance(op.operand(i), np.ndarray)]
    value = _sum(op, op.aligned([op.value(i) for i in values]))
    shifts = [i for i in range(len(op.operands)) if i not in values]
    return op.scaled(value, 1.0, sum(op.per_channel(value, i) for i in shifts)) if shifts else value


def _sum(op: Operator, values: list[Value]) -> Value:
    if len(values) == 1:
        return values[0]
    op.check_alike(values)
    return op.add(Add(), *values)


def subtract(op: Operator) -> Value:
    value, constant, turned = _with_constant(op, "a difference")
    return op.scaled(value, -1.0, constant) if turned else op.scaled(value, 1.0, -constant)


def multiply(op: Operator) -> Value:
    """A product of two values is a layer; constants scale each channel."""
    if not any(isinstance(op.operand(i), np.ndarray) for i in (0, 1)):
        return _product(op, *op.values())
    value, constant, _ = _with_constant(op, "a product")
    return op.scaled(value, constant, 0.0)


def _product(op: Operator, *values: Value) -> Value:
    """Of values that lie alike, or of a picture and what scales its channels or its positions."""
    scaled, gate = values if size(values[0].shape) >= size(values[1].shape) else values[::-1]
    if scaled.theirs == gate.theirs:
        scaled, gate = op.aligned([scaled, gate])
        op.check_alike([scaled, gate])
    elif not _gates(scaled, gate):
        shapes = " and ".join(format_shape(v.theirs) for v in values)
        op.refuse(f"its inputs {shapes} differ by more than a number for each channel or each position")
    return op.add(Multiply(), scaled, gate)


def _gates(scaled: Value, gate: Value) -> bool:
    """Whether one value has, for each channel or each position of an image, one number where the file looks for it."""
    if not scaled.is_image() or len(gate.axes) != len(scaled.axes) or gate.order is not None:
        return False
    channels, *positions = scaled.theirs
    if gate.theirs == (channels, *(1 for _ in positions)):
        return gate.is_along(0, gate.channels)
    return gate.is_image() and gate.theirs == (1, *positions)


def divide(op: Operator) -> Value:
    value, constant, turned = _with_constant(op, "a quotient")
    if turned:
        op.refuse("it divides a constant by a value")
    if not constant.all():
        op.refuse("it divides by zero")
    return op.scaled(value, 1 / constant, 0.0)


def negate(op: Operator) -> Value:
    return op.scaled(op.value(), -1.0, 0.0)


def _with_constant(op: Operator, what: str) -> tuple[Value, Any, bool]:
    """The value, the constant as one number for each channel, and whether the constant comes first."""
    turned = isinstance(op.operand(0), np.ndarray)
    if not turned and not isinstance(op.operand(1), np.ndarray):
        op.refuse(f"there is no layer for {what} of two values")
    value = op.value(int(turned))
    return value, op.per_channel(value, 1 - int(turned)), turned


def concat(op: Operator) -> Value:
    values = op.aligned(op.values())
    if len(values) == 1:
        return values[0]
    first = values[0]
    axis = op.axis(len(first.axes) + 1, 1) - 1
    if axis < 0:
        op.refuse("it joins along the batch")
    for value in values:
        if not value.is_along(axis, value.channels) or len(value.axes[axis]) > 1:
            op.refuse("it joins along another axis than channels or features")
        if _others(value, axis) != _others(first, axis):
            op.refuse("its inputs lie in different orders, and values are not moved about")
    axes = tuple((first.channels,) if i == axis else group for i, group in enumerate(first.axes))
    joined = op.add(Concat(), *values, axes=axes)
    return replace(joined, order=_joined(values))


def _others(value: Value, axis: int) -> Any:
    return [value.shape[:-1], [group for i, group in enumerate(value.tight) if i != axis]]


def _joined(values: list[Value]) -> Any:
    """The order of vectors one behind the other; None if all lie as ours do."""
    if all(value.order is None for value in values):
        return None
    lengths = [value.shape[0] for value in values]
    starts = np.cumsum([0, *lengths[:-1]])
    orders = [np.arange(n) if value.order is None else value.order for value, n in zip(values, lengths)]
    return np.concatenate([start + order for start, order in zip(starts, orders)])


OPERATORS = {
    "Add": add,
    "Sum": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Neg": negate,
    "Concat": concat,
}
