"""Pooling from operators of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import AvgPool2D, GlobalAvgPool, MaxPool2D, MaxUnpool2D

if TYPE_CHECKING:
    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def max_pool(op: Operator) -> tuple[Value | None, ...]:
    """Its second result, the places of the maxima, is no value here: unpooling finds them again."""
    image = op.image()
    layer = MaxPool2D(**_window(op, image))
    if op.attribute("storage_order", 0) and len(op.call.outputs) > 1:
        op.refuse("it counts places by columns")
    if len(op.call.outputs) > 1:
        op.keep_switches(1, layer, image)
    return op.add(layer, image, axes=op.windows(image)), None


def average_pool(op: Operator) -> Value:
    image = op.image()
    window = _window(op, image)
    if window.pop("dilation") != (1, 1):
        op.refuse("its windows have gaps (dilations); no layer averages over such")
    layer = AvgPool2D(**window, count_padding=bool(op.attribute("count_include_pad", 0)))
    return op.add(layer, image, axes=op.windows(image))


def max_unpool(op: Operator) -> Value:
    """The pooling's settings, and the map before it."""
    pooled = op.image()
    pooling, before = op.switches(1)
    wanted = op.whole(2, "output_shape")
    if wanted is not None and tuple(wanted[1:]) != before.theirs:
        op.refuse("it makes another size than the one that was pooled")
    settings = {name: value for name, value in pooling.values().items() if name in MaxUnpool2D.params()}
    return op.add(MaxUnpool2D(**settings), pooled, before, axes=op.windows(pooled))


def global_average(op: Operator) -> Value:
    image = op.image()
    axes = ((0,), *(() for _ in image.axes[1:]))
    return op.add(GlobalAvgPool(), image, axes=axes)


def global_max(op: Operator) -> Value:
    image = op.image()
    whole = (image.shape[0], image.shape[1])
    return op.add(MaxPool2D(whole, whole), image, axes=op.windows(image))


def mean(op: Operator) -> Value:
    """A mean over rows and columns, whichever axes they are in the file."""
    value = op.value()
    rank = len(value.axes) + 1
    axes = op.whole(1, "axes")
    if axes is None and op.attribute("noop_with_empty_axes", 0):
        return value
    over = {op.positive(axis, rank) for axis in (range(rank) if axes is None else axes)}
    if len(value.shape) != 3:
        op.refuse("it averages over features")
    gone = sorted(ours for axis in over for ours in (value.tight[axis - 1] if axis else (-1,)))
    if gone != [axis for axis in (0, 1) if value.shape[axis] > 1]:
        op.refuse("it averages over other axes than rows and columns; only over both there is a layer")
    kept = [(axis, () if axis in over else group) for axis, group in enumerate(value.axes, 1)]
    keep = op.attribute("keepdims", 1)
    ours = tuple((0,) if 2 in group else () for axis, group in kept if keep or axis not in over)
    return op.add(GlobalAvgPool(), value, axes=ours)


def _window(op: Operator, image: Value) -> dict[str, Any]:
    kernel = op.integers("kernel_shape")
    if len(kernel) != len(image.axes) - 1:
        op.refuse(f"its window has {len(kernel)} axes and its image {len(image.axes) - 1}")
    window = op.window(image, (1,) * (2 - len(kernel)) + kernel)
    return {**window, "ceil_mode": bool(op.attribute("ceil_mode", 0))}


OPERATORS = {
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "MaxUnpool": max_unpool,
    "GlobalAveragePool": global_average,
    "GlobalMaxPool": global_max,
    "ReduceMean": mean,
}
