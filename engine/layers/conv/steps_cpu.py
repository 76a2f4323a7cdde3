"""How a convolution becomes calls of the CPU's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.panel import NO_FLOOR, SPARE_OUTS
from . import cpu, winograd
from .spec import Conv2D
from .tables import Conv, Sliding, forward_tables, input_gradient_tables, weight_gradient_tables

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding

_ONE_TAP = np.zeros(1, np.int64)


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
    weight = bind.weights["weight"]
    if winograd.applies(case):
        source, target = (case.height, case.width, case.channels), (case.out_height, case.out_width, case.filters)
        _winograd(bind, winograd.tables(case.batch, source, target, case.top, case.left), "forward", _packed_bias(case, bind), bind.x[0], bind.y)
        return
    tables = forward_tables(case)
    packed = bind.pack("forward", tables.packed * case.groups, cpu.pack_forward, weight, tables.geometry, tables.phases)
    bind.forward(cpu.slide, bind.x[0], packed, _packed_bias(case, bind), bind.y, *_sliding_args(tables, bind))


def _packed_bias(case: Conv, bind: Binding) -> Array:
    size = cpu.packed_bias_size(case.groups, case.group_filters)
    bias = bind.weights.get("bias", bind.weights["weight"])
    return bind.pack("bias", size, cpu.pack_bias, bias, case.groups, case.group_filters, "bias" in bind.weights)


def _winograd(bind: Binding, tables: winograd.Winograd, role: str, bias: Array | None, source: Array, target: Array | None) -> None:
    """Forward, or with a turned and transposed filter the gradient of the input."""
    transposed = role != "forward"
    columns, reduction = int(tables.geometry[10]), int(tables.geometry[7])
    channels, filters = (columns, reduction) if transposed else (reduction, columns)
    packed = bind.pack(f"winograd_{role}", tables.packed, winograd.pack, bind.weights["weight"], channels, filters, transposed,
                       np.empty(winograd.PACK_SCRATCH * bind.threads, np.float32), bind.threads)  # fmt: skip
    zeros = np.zeros(cpu.packed_bias_size(1, columns), np.float32)
    args = (source, packed, zeros if bias is None else bias, zeros, target, tables.geometry, tables.rows, tables.outs, _ONE_TAP, SPARE_OUTS, NO_FLOOR,
            bind.scratch(tables.scratch * bind.threads), bind.threads)  # fmt: skip
    if transposed:
        bind.backward_input(0, winograd.slide, *args)
    else:
        bind.forward(winograd.slide, *args)


def _input_gradient(case: Conv, bind: Binding) -> None:
    weight = bind.weights["weight"]
    if winograd.applies(case):
        source, target = (case.out_height, case.out_width, case.filters), (case.height, case.width, case.channels)
        _winograd(bind, winograd.tables(case.batch, source, target, 2 - case.top, 2 - case.left), "input_gradient", None, bind.dy, bind.dx[0])
        return
    tables = input_gradient_tables(case)
    # The order of taps in a phase depends on the padding, which with "same" depends on the image size.
    role = f"input_gradient@{case.top % case.stride[0]},{case.left % case.stride[1]},{len(tables.phases)}"
    packed = bind.pack(role, tables.packed * case.groups, cpu.pack_input_gradient, weight, tables.geometry, tables.phases, tables.order)
    no_bias = np.zeros(cpu.packed_bias_size(case.groups, case.group_channels), np.float32)
    bind.backward_input(0, cpu.slide, bind.dy, packed, no_bias, bind.dx[0], *_sliding_args(tables, bind))


def _sliding_args(tables: Sliding, bind: Binding) -> tuple[Array | float | int, ...]:
    scratch = bind.scratch(tables.scratch * bind.threads)
    return (tables.geometry, tables.phases, tables.rows, tables.outs, tables.taps, SPARE_OUTS, NO_FLOOR, scratch, bind.threads)


def _weight_gradient(case: Conv, bind: Binding) -> None:
    dw = bind.gradients["weight"]
    if winograd.applies(case):
        wide = winograd.weight_gradient_tables(case)
        bind.backward_weights(winograd.weight_gradient, bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), "bias" in bind.gradients, wide.geometry,
                              wide.rows, wide.outs, _ONE_TAP, bind.scratch(wide.partial * bind.threads), bind.scratch(wide.scratch * bind.threads, area=1),
                              bind.threads)  # fmt: skip
        return
    tables = weight_gradient_tables(case)
    partials, scratch = bind.scratch(tables.partial * bind.threads), bind.scratch(tables.scratch * bind.threads, area=1)
    bind.backward_weights(cpu.weight_gradient, bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), tables.geometry, tables.rows, tables.outs,
                          tables.lines, "bias" in bind.gradients, partials, scratch, bind.threads)


STEPS = {Conv2D: conv2d}
