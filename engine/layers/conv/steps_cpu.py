"""How a convolution becomes calls of the CPU's kernels: Winograd where it applies, else the direct sliding product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.panel import MASK, NO_FLOOR, NOTHING, SPARE_OUTS, SUM
from ..folding_cpu import Effective, effective
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
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def _packed_bias(case: Conv, own: Effective, bind: Binding) -> Array:
    size = cpu.packed_bias_size(case.groups, case.group_filters)
    bias = own.weight if own.bias is None else own.bias
    shape = (case.groups, case.group_filters, own.bias is not None)
    return bind.pack(f"{own.mark}bias", size, cpu.pack_bias, bias, *shape)


def _no_bias(groups: int, columns: int) -> Array:
    return np.zeros(cpu.packed_bias_size(groups, columns), np.float32)


def _forward_ending(bind: Binding) -> tuple[object, ...]:
    """The target, and what is done to it while it is in cache."""
    port = bind.epilogue.add_port
    return (bind.y, NOTHING, bind.y, bind.floor) if port is None else (bind.y, SUM, bind.x[port], bind.floor)


def _gradient_ending(bind: Binding) -> tuple[object, ...]:
    return bind.dx[0], MASK if bind.masks() else NOTHING, bind.x[0], NO_FLOOR


class _Direct:
    """The sliding product on the register tile; any geometry."""

    @classmethod
    def forward(cls, case: Conv, bind: Binding) -> None:
        t, own = forward_tables(case), effective(bind)
        role = f"{own.mark}forward"
        packed = bind.pack(role, t.packed * case.groups, cpu.pack_forward, own.weight, t.geometry, t.phases)
        ending = _forward_ending(bind)
        bind.forward(cpu.slide, bind.x[0], packed, _packed_bias(case, own, bind), *ending, *cls._tables(t, bind))

    @classmethod
    def input_gradient(cls, case: Conv, bind: Binding) -> None:
        t, weight = input_gradient_tables(case), bind.weights["weight"]
        # The order of taps in a phase depends on the padding, which with "same" depends on the image size.
        role = f"input_gradient@{case.top % case.stride[0]},{case.left % case.stride[1]},{len(t.phases)}"
        packed = bind.pack(role, t.packed * case.groups, cpu.pack_input_gradient, weight, t.geometry, t.phases, t.order)
        zeros = _no_bias(case.groups, case.group_channels)
        bind.backward_input(0, cpu.slide, bind.dy, packed, zeros, *_gradient_ending(bind), *cls._tables(t, bind))

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
        return (t.geometry, t.phases, t.rows, t.outs, t.taps, SPARE_OUTS, scratch, bind.threads)


class _Winograd:
    """F(4×4, 3×3); see winograd_tables.applies."""

    @classmethod
    def forward(cls, case: Conv, bind: Binding) -> None:
        source, target = (case.height, case.width, case.channels), (case.out_height, case.out_width, case.filters)
        t, own = winograd_tables.tables(case.batch, source, target, case.top, case.left), effective(bind)
        packed = cls._packed(case, bind, t, own.weight, f"{own.mark}winograd_forward", transposed=False)
        ending = _forward_ending(bind)
        bind.forward(winograd.slide, bind.x[0], packed, _packed_bias(case, own, bind), *ending, *cls._tables(t, bind))

    @classmethod
    def input_gradient(cls, case: Conv, bind: Binding) -> None:
        """The same product with turned, transposed filters and the padding that remains of 2."""
        source, target = (case.out_height, case.out_width, case.filters), (case.height, case.width, case.channels)
        t = winograd_tables.tables(case.batch, source, target, 2 - case.top, 2 - case.left)
        packed = cls._packed(case, bind, t, bind.weights["weight"], "winograd_input_gradient", transposed=True)
        zeros, ending = _no_bias(1, case.channels), _gradient_ending(bind)
        bind.backward_input(0, winograd.slide, bind.dy, packed, zeros, *ending, *cls._tables(t, bind))

    @staticmethod
    def weight_gradient(case: Conv, bind: Binding) -> None:
        t, dw = winograd_tables.weight_gradient_tables(case), bind.gradients["weight"]
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), "bias" in bind.gradients)
        tables = (t.geometry, t.rows, t.outs, _ONE_TAP)
        bind.backward_weights(winograd_gradient.weight_gradient, *arrays, *tables, partials, scratch, bind.threads)

    @staticmethod
    def _packed(
        case: Conv, bind: Binding, t: winograd_tables.Winograd, weight: Array, role: str, transposed: bool
    ) -> Array:
        scratch = np.empty(winograd.PACK_SCRATCH * bind.threads, np.float32)
        sizes = (case.channels, case.filters, transposed)
        return bind.pack(role, t.packed, winograd.pack, weight, *sizes, scratch, bind.threads)

    @staticmethod
    def _tables(t: winograd_tables.Winograd, bind: Binding) -> tuple[object, ...]:
        zeros, scratch = _no_bias(1, int(t.geometry[10])), bind.scratch(t.scratch * bind.threads)
        return (zeros, t.geometry, t.rows, t.outs, _ONE_TAP, SPARE_OUTS, scratch, bind.threads)


STEPS = {Conv2D: conv2d}
