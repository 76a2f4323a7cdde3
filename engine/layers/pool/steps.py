"""How pooling becomes kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...spec import Shape, size
from .spec import AvgPool2D, GlobalAvgPool, MaxPool2D, MaxUnpool2D

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding


def max_pool(layer: MaxPool2D, bind: Binding, k: Any) -> None:
    geometry = _geometry(layer, bind, bind.input_shapes[0], bind.output_shape)
    kind = layer.saved(bind.input_shapes, bind.output_shape)[0].dtype
    switches = bind.saved["switches"] if bind.saved else bind.scratch(bind.count, kind)
    bind.forward(k.max_forward, bind.x[0], bind.y, switches, geometry, bind.threads)
    bind.backward_input(0, k.max_backward, bind.dy, switches, bind.y, bind.masks(), bind.dx[0], geometry, bind.threads)


def max_unpool(layer: MaxUnpool2D, bind: Binding, k: Any) -> None:
    """The maxima of the second input are found again, then the first input is sent where they are."""
    geometry = _geometry(layer, bind, bind.input_shapes[1], bind.input_shapes[0])
    saved = layer.saved(bind.input_shapes, bind.output_shape)[0]
    pooled = bind.batch * size(saved.shape)
    switches = bind.saved["switches"] if bind.saved else bind.scratch(pooled, saved.dtype)
    maxima = bind.scratch(pooled, area=1)
    bind.forward(k.max_forward, bind.x[1], maxima, switches, geometry, bind.threads)
    bind.forward(k.max_backward, bind.x[0], switches, bind.x[0], False, bind.y, geometry, bind.threads)
    bind.backward_input(0, k.unpool_backward, bind.dy, switches, bind.dx[0], geometry, bind.threads)
    bind.backward_input(1, bind.backend.fill_zero, bind.dx[1], bind.count, bind.threads)


def average_pool(layer: AvgPool2D, bind: Binding, k: Any) -> None:
    geometry = _geometry(layer, bind, bind.input_shapes[0], bind.output_shape)
    bind.forward(k.average_forward, bind.x[0], bind.y, geometry, layer.count_padding, bind.threads)
    bind.backward_input(0, k.average_backward, bind.dy, bind.dx[0], geometry, layer.count_padding, bind.threads)


def global_average(layer: GlobalAvgPool, bind: Binding, k: Any) -> None:
    pixels = bind.input_shapes[0][0] * bind.input_shapes[0][1]
    bind.forward(k.global_average_forward, bind.x[0], bind.y, bind.batch, pixels, bind.channels, bind.threads)
    bind.backward_input(
        0, k.global_average_backward, bind.dy, bind.dx[0], bind.batch, pixels, bind.channels, bind.threads
    )


def _geometry(layer: MaxPool2D | MaxUnpool2D | AvgPool2D, bind: Binding, image: Shape, pooled: Shape) -> Array:
    """N, H, W, C, OH, OW, R, S, stride rows, stride columns, top, left, bottom, right, dilation rows, columns."""
    (height, width, channels), (out_height, out_width, _) = image, pooled
    top, bottom, left, right = layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, out_height, out_width)
    return np.array([*sizes, *layer.kernel, *layer.stride, top, left, bottom, right, *layer.dilation], np.int64)


STEPS = {MaxPool2D: max_pool, MaxUnpool2D: max_unpool, AvgPool2D: average_pool, GlobalAvgPool: global_average}
