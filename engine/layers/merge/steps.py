"""How joining layers become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...spec import size
from .spec import Add, Concat, Multiply

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def add(layer: Add, bind: Binding, k: Any) -> None:
    so_far, *others = bind.x
    for number, more in enumerate(others, start=1):
        floor = bind.floor if number == len(others) else np.float32(-np.inf)
        bind.forward(k.add, so_far, more, bind.y, bind.count, floor, bind.threads)
        so_far = bind.y
    for port in range(len(bind.dx)):
        bind.pass_gradient(port)


def multiply(layer: Multiply, bind: Binding, k: Any) -> None:
    """The product; the gradient of each input is dy times the other one, summed over what a gate was repeated for."""
    scaled = layer.scaled_port(bind.input_shapes)
    shape, gate = bind.input_shapes[scaled], bind.input_shapes[1 - scaled]
    channels = shape[-1]
    if gate == shape:
        product = between = k.multiply
        extent: tuple[int, ...] = (bind.count,)
    elif size(gate) == channels:
        product, between = k.scale_channels, k.sum_over_pixels
        extent = (bind.batch, bind.count // bind.batch // channels, channels)
    else:
        product, between = k.scale_pixels, k.sum_over_channels
        extent = (bind.count // channels, channels)
    x, factor = bind.x[scaled], bind.x[1 - scaled]
    bind.forward(product, x, factor, bind.y, *extent, bind.threads)
    bind.backward_input(scaled, product, bind.dy, factor, bind.dx[scaled], *extent, bind.threads)
    bind.backward_input(1 - scaled, between, bind.dy, x, bind.dx[1 - scaled], *extent, bind.threads)


def concat(layer: Concat, bind: Binding, k: Any) -> None:
    total, at = bind.output_shape[-1], 0
    rows = bind.count // total
    for port, shape in enumerate(bind.input_shapes):
        own = shape[-1]
        bind.forward(k.copy_columns, bind.x[port], own, 0, bind.y, total, at, own, rows, bind.threads)
        bind.backward_input(port, k.copy_columns, bind.dy, total, at, bind.dx[port], own, 0, own, rows, bind.threads)
        at += own


STEPS = {Add: add, Multiply: multiply, Concat: concat}
