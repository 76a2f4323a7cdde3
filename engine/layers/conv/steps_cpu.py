"""How a convolution becomes calls of the CPU's kernels: Winograd where it applies, else the direct sliding product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.panel import NO_FLOOR, SPARE_OUTS
from . import cpu, winograd, winograd_gradient, winograd_tables
from .gradient_tables import weight_gradient_tables
from .spec import Conv2D
from .tables import Conv, Sliding, forward_tables, input_gradient_tables

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding

_ONE_TAP = np.zeros(1, np.int64)


def conv2d(layer: Conv2D, bind: Binding) -> None:
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, out_height, out_width, filters)
    case = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    algorithm: type[_Winograd | _Direct] = _Winograd if winograd_tables.applies(case) else _Direct
    algorithm.forward(case, bind)
    if bind.wants_input_gradient():
        algorithm.input_gradient(case, bind)
    if bind.mode != "inference":
        algorithm.weight_gradient(case, bind)


def _packed_bias(case: Conv, bind: Binding) -> Array:
    size = cpu.packed_bias_size(case.groups, case.group_filters)
    bias = bind.weights.get("bias", bind.weights["weight"])
    return bind.pack("bias", size, cpu.pack_bias, bias, case.groups, case.group_filters, "bias" in bind.weights)


def _no_bias(groups: int, columns: int) -> Array:
    return np.zeros(cpu.packed_bias_size(groups, columns), np.float32)


class _Direct:
    """The sliding product on the register tile; any geometry."""

    @classmethod
    def forward(cls, case: Conv, bind: Binding) -> None:
        t, weight = forward_tables(case), bind.weights["weight"]
        packed = bind.pack("forward", t.packed * case.groups, cpu.pack_forward, weight, t.geometry, t.phases)
        bind.forward(cpu.slide, bind.x[0], packed, _packed_bias(case, bind), bind.y, *cls._tables(t, bind))

    @classmethod
    def input_gradient(cls, case: Conv, bind: Binding) -> None:
        t, weight = input_gradient_tables(case), bind.weights["weight"]
        # The order of taps in a phase depends on the padding, which with "same" depends on the image size.
        role = f"input_gradient@{case.top % case.stride[0]},{case.left % case.stride[1]},{len(t.phases)}"
        packed = bind.pack(role, t.packed * case.groups, cpu.pack_input_gradient, weight, t.geometry, t.phases, t.order)
        zeros = _no_bias(case.groups, case.group_channels)
        bind.backward_input(0, cpu.slide, bind.dy, packed, zeros, bind.dx[0], *cls._tables(t, bind))

    @staticmethod
    def weight_gradient(case: Conv, bind: Binding) -> None:
        t, dw = weight_gradient_tables(case), bind.gradients["weight"]
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw))
        tables = (t.geometry, t.rows, t.outs, t.lines)
        has_bias = "bias" in bind.gradients
        bind.backward_weights(cpu.weight_gradient, *arrays, *tables, has_bias, partials, scratch, bind.threads)

    @staticmethod
    def _tables(t: Sliding, bind: Binding) -> tuple[object, ...]:
        scratch = bind.scratch(t.scratch * bind.threads)
        return (t.geometry, t.phases, t.rows, t.outs, t.taps, SPARE_OUTS, NO_FLOOR, scratch, bind.threads)


class _Winograd:
    """F(4×4, 3×3); see winograd_tables.applies."""

    @classmethod
    def forward(cls, case: Conv, bind: Binding) -> None:
        source, target = (case.height, case.width, case.channels), (case.out_height, case.out_width, case.filters)
        t = winograd_tables.tables(case.batch, source, target, case.top, case.left)
        packed = cls._packed(case, bind, t, transposed=False)
        bind.forward(winograd.slide, bind.x[0], packed, _packed_bias(case, bind), *cls._rest(t, bind, bind.y))

    @classmethod
    def input_gradient(cls, case: Conv, bind: Binding) -> None:
        """The same product with turned, transposed filters and the padding that remains of 2."""
        source, target = (case.out_height, case.out_width, case.filters), (case.height, case.width, case.channels)
        t = winograd_tables.tables(case.batch, source, target, 2 - case.top, 2 - case.left)
        packed = cls._packed(case, bind, t, transposed=True)
        zeros = _no_bias(1, case.channels)
        bind.backward_input(0, winograd.slide, bind.dy, packed, zeros, *cls._rest(t, bind, bind.dx[0]))

    @staticmethod
    def weight_gradient(case: Conv, bind: Binding) -> None:
        t, dw = winograd_tables.weight_gradient_tables(case), bind.gradients["weight"]
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), "bias" in bind.gradients)
        tables = (t.geometry, t.rows, t.outs, _ONE_TAP)
        bind.backward_weights(winograd_gradient.weight_gradient, *arrays, *tables, partials, scratch, bind.threads)

    @staticmethod
    def _packed(case: Conv, bind: Binding, t: winograd_tables.Winograd, transposed: bool) -> Array:
        scratch = np.empty(winograd.PACK_SCRATCH * bind.threads, np.float32)
        sizes = (case.channels, case.filters, transposed)
        role = "winograd_input_gradient" if transposed else "winograd_forward"
        return bind.pack(role, t.packed, winograd.pack, bind.weights["weight"], *sizes, scratch, bind.threads)

    @staticmethod
    def _rest(t: winograd_tables.Winograd, bind: Binding, target: Array | None) -> tuple[object, ...]:
        zeros = _no_bias(1, int(t.geometry[10]))
        scratch = bind.scratch(t.scratch * bind.threads)
        tables = (t.geometry, t.rows, t.outs, _ONE_TAP, SPARE_OUTS)
        return (zeros, target, *tables, NO_FLOOR, scratch, bind.threads)


STEPS = {Conv2D: conv2d}
