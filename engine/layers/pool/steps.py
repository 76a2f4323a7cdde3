"""How pooling becomes kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import AvgPool2D, GlobalAvgPool, MaxPool2D

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding


def max_pool(layer: MaxPool2D, bind: Binding, k: Any) -> None:
    geometry = _geometry(layer, bind)
    kind = layer.saved(bind.input_shapes, bind.output_shape)[0].dtype
    switches = bind.saved["switches"] if bind.saved else bind.scratch(bind.count, kind)
    bind.forward(k.max_forward, bind.x[0], bind.y, switches, geometry, bind.threads)
    bind.backward_input(0, k.max_backward, bind.dy, switches, bind.y, bind.masks(), bind.dx[0], geometry, bind.threads)


def average_pool(layer: AvgPool2D, bind: Binding, k: Any) -> None:
    geometry = _geometry(layer, bind)
    bind.forward(k.average_forward, bind.x[0], bind.y, geometry, layer.count_padding, bind.threads)
    bind.backward_input(0, k.average_backward, bind.dy, bind.dx[0], geometry, layer.count_padding, bind.threads)


def global_average(layer: GlobalAvgPool, bind: Binding, k: Any) -> None:
    pixels = bind.input_shapes[0][0] * bind.input_shapes[0][1]
    bind.forward(k.global_average_forward, bind.x[0], bind.y, bind.batch, pixels, bind.channels, bind.threads)
    bind.backward_input(
        0, k.global_average_backward, bind.dy, bind.dx[0], bind.batch, pixels, bind.channels, bind.threads
    )


def _geometry(layer: MaxPool2D | AvgPool2D, bind: Binding) -> Array:
    """N, H, W, C, OH, OW, R, S, stride rows, stride columns, top, left, bottom, right."""
    (height, width, channels), (out_height, out_width, _) = bind.input_shapes[0], bind.output_shape
    top, bottom, left, right = layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, out_height, out_width)
    return np.array([*sizes, *layer.kernel, *layer.stride, top, left, bottom, right], np.int64)


STEPS = {MaxPool2D: max_pool, AvgPool2D: average_pool, GlobalAvgPool: global_average}
