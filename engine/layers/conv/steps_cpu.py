"""How a convolution becomes calls of the CPU's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.panel import NO_FLOOR, SPARE_OUTS
from . import cpu
from .spec import Conv2D
from .tables import Conv, Sliding, forward_tables, input_gradient_tables, weight_gradient_tables

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding


def conv2d(layer: Conv2D, bind: Binding) -> None:
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(height, width)
    case = Conv(bind.batch, height, width, channels, out_height, out_width, filters, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    _forward(case, bind)
    if bind.wants_input_gradient():
        _input_gradient(case, bind)
    if bind.mode != "inference":
        _weight_gradient(case, bind)


def _forward(case: Conv, bind: Binding) -> None:
    tables, weight = forward_tables(case), bind.weights["weight"]
    packed = bind.pack("forward", tables.packed * case.groups, cpu.pack_forward, weight, tables.geometry, tables.phases)
    bias = bind.pack("bias", cpu.packed_bias_size(case.groups, case.group_filters), cpu.pack_bias, bind.weights.get("bias", weight), case.groups,
                     case.group_filters, "bias" in bind.weights)
    bind.forward(cpu.slide, bind.x[0], packed, bias, bind.y, *_sliding_args(tables, bind))


def _input_gradient(case: Conv, bind: Binding) -> None:
    tables, weight = input_gradient_tables(case), bind.weights["weight"]
    # The order of taps in a phase depends on the padding, which with "same" depends on the image size.
    role = f"input_gradient@{case.top % case.stride[0]},{case.left % case.stride[1]},{len(tables.phases)}"
    packed = bind.pack(role, tables.packed * case.groups, cpu.pack_input_gradient, weight, tables.geometry, tables.phases, tables.order)
    no_bias = np.zeros(cpu.packed_bias_size(case.groups, case.group_channels), np.float32)
    bind.backward_input(0, cpu.slide, bind.dy, packed, no_bias, bind.dx[0], *_sliding_args(tables, bind))


def _sliding_args(tables: Sliding, bind: Binding) -> tuple[Array | float | int, ...]:
    scratch = bind.scratch(tables.scratch * bind.threads)
    return (tables.geometry, tables.phases, tables.rows, tables.outs, tables.taps, SPARE_OUTS, NO_FLOOR, scratch, bind.threads)


def _weight_gradient(case: Conv, bind: Binding) -> None:
    tables = weight_gradient_tables(case)
    dw = bind.gradients["weight"]
    partials, scratch = bind.scratch(tables.partial * bind.threads), bind.scratch(tables.scratch * bind.threads, area=1)
    bind.backward_weights(cpu.weight_gradient, bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), tables.geometry, tables.rows, tables.outs,
                          tables.lines, "bias" in bind.gradients, partials, scratch, bind.threads)


STEPS = {Conv2D: conv2d}
