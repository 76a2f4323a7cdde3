"""Pooling as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import AvgPool2D, GlobalAvgPool, MaxPool2D, MaxUnpool2D

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter
    from ...spec.shapes import Shape


def max_pool(layer: MaxPool2D, write: NodeWriter) -> str:
    around, window = _apart(_window(layer, write.shapes[0]))
    return write("MaxPool", _padded(write, write.inputs[0], around, -np.inf), **window)


def average_pool(layer: AvgPool2D, write: NodeWriter) -> str:
    counts = int(layer.count_padding)
    if counts and layer.ceil_mode:  # what lies behind the padding is not counted: it must not become padding
        window = {**_window(layer, write.shapes[0]), "pads": _pads(layer, write.shapes[0]), "ceil_mode": 1}
    else:
        window = _window(layer, write.shapes[0])
    return write("AveragePool", write.inputs[0], **window, count_include_pad=counts)


def max_unpool(layer: MaxUnpool2D, write: NodeWriter) -> str:
    """ONNX has an operator for it, but where windows overlap that keeps one of the values that meet."""
    overlap = any(extent > step for extent, step in zip(layer.geometry.extent, layer.stride))
    if overlap:
        write.require(16, "adds up values of overlapping windows")
    pooled, before = write.inputs
    around, window = _apart(_window(layer, write.shapes[1]))
    _, places = write.several("MaxPool", _padded(write, before, around, -np.inf), count=2, **window)
    all_values = write.constant("all", np.array([-1], np.int64))
    zeros = write("Mul", before, write.constant("zero", np.array(0, np.float32)))
    nothing = _padded(write, zeros, around, 0)
    flat = [write("Reshape", value, all_values) for value in (nothing, places, pooled)]
    adding = {"reduction": "add"} if overlap else {}
    scattered = write("ScatterElements", *flat, axis=0, **adding)
    result = write("Reshape", scattered, write("Shape", nothing))
    return _padded(write, result, tuple(-rows for rows in around), 0)


def global_average(layer: GlobalAvgPool, write: NodeWriter) -> str:
    if write.opset < 18:
        return write("ReduceMean", write.inputs[0], axes=(2, 3), keepdims=0)
    return write("ReduceMean", write.inputs[0], write.constant("axes", np.array([2, 3], np.int64)), keepdims=0)


def _window(layer: MaxPool2D | AvgPool2D | MaxUnpool2D, shape: Shape) -> dict[str, Any]:
    """The window's attributes. Runtimes differ on whether the last window may begin in the padding at the end."""
    window = {"kernel_shape": layer.kernel, "strides": layer.stride, "pads": _pads(layer, shape)}
    if layer.dilation != (1, 1):
        window["dilations"] = layer.dilation
    if not layer.ceil_mode:
        return window
    if _rounds_up_plainly(layer, shape):
        return {**window, "ceil_mode": 1}
    top, bottom, left, right = layer.geometry.reached(shape[0], shape[1])
    return {**window, "pads": (top, left, bottom, right)}


def _apart(window: dict[str, Any]) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Padding to lay around first, and the window: runtimes refuse one whose padding is as large as its kernel."""
    if all(rows < taps for rows, taps in zip(window["pads"], window["kernel_shape"] * 2)):
        return (), window
    return window["pads"], {**window, "pads": (0, 0, 0, 0)}


def _padded(write: NodeWriter, value: str, around: tuple[int, ...], filling: float) -> str:
    """An image with so many values around it (top, left, bottom, right), or cut off where they are negative."""
    if not around:
        return value
    top, left, bottom, right = around
    pads = write.constant("pads", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
    return write("Pad", value, pads, write.constant("filling", np.array(filling, np.float32)))


def _rounds_up_plainly(layer: MaxPool2D | AvgPool2D | MaxUnpool2D, shape: Shape) -> bool:
    """Whether no window that rounding up adds begins in the padding at the end, where ours leave it out."""
    top, bottom, left, right = layer.geometry.pads(shape[0], shape[1])
    rows, columns = layer.geometry.extent
    beyond = (shape[0] + top + bottom - rows, shape[1] + left + right - columns)
    rounded = tuple(-(-rest // step) + 1 for rest, step in zip(beyond, layer.stride))
    return rounded == layer.geometry.output_size(shape[0], shape[1])


def _pads(layer: MaxPool2D | AvgPool2D | MaxUnpool2D, shape: Shape) -> tuple[int, ...]:
    top, bottom, left, right = layer.geometry.pads(shape[0], shape[1])
    return top, left, bottom, right


NODES = {MaxPool2D: max_pool, AvgPool2D: average_pool, MaxUnpool2D: max_unpool, GlobalAvgPool: global_average}
