"""How a convolution becomes calls of the CPU's kernels, by the algorithm that choice.py chooses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...kernels.panel import SPARE_OUTS
from ..folding_cpu import Effective, effective
from . import choice, cpu, wide_tables, widening, winograd, winograd_gradient, winograd_tables
from .gradient_tables import weight_gradient_tables
from .spec import Conv2D
from .steps_cpu_channelwise import Channelwise
from .steps_endings import forward_ending, gradient_ending
from .tables import Conv, Sliding, forward_tables, input_gradient_tables

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding

_ONE_TAP = np.zeros(1, np.int64)


def conv2d(layer: Conv2D, bind: Binding) -> None:
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, out_height, out_width, filters)
    case = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    bind.algorithm = choice.choose(case)
    algorithm = _algorithm(bind.algorithm)
    algorithm.forward(case, bind)
    if bind.wants_input_gradient():
        algorithm.input_gradient(case, bind)
    if bind.mode != "inference":
        algorithm.weight_gradient(case, bind)
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def _algorithm(name: str) -> _Direct | _Winograd | Channelwise:
    match name:
        case choice.DIRECT:
            return _Direct()
        case choice.CHANNELWISE:
            return Channelwise()
    return _Winograd(choice.tile_size(name))


def _packed_bias(case: Conv, own: Effective, bind: Binding) -> Array:
    size = cpu.packed_bias_size(case.groups, case.group_filters)
    bias = own.weight if own.bias is None else own.bias
    shape = (case.groups, case.group_filters, own.bias is not None)
    return bind.pack(f"{own.mark}bias", size, cpu.pack_bias, bias, *shape)


def _no_bias(groups: int, columns: int) -> Array:
    return np.zeros(cpu.packed_bias_size(groups, columns), np.float32)


class _Direct:
    """The sliding product on the register tile; any geometry. Few filters are widened: see wide_tables.py."""

    @classmethod
    def forward(cls, case: Conv, bind: Binding) -> None:
        cls._slide(*cls._wide(case, effective(bind), bind), bind, bind.forward, bind.x[0], forward_ending(bind))

    @classmethod
    def input_gradient(cls, case: Conv, bind: Binding) -> None:
        weight, record = bind.weights["weight"], partial(bind.backward_input, 0)
        turned = wide_tables.turned(case)
        if case.stride == (1, 1) and wide_tables.pixels_at_once(turned) > 1:
            own = Effective(weight, None, "input_gradient_")
            wide = cls._wide(turned, own, bind, turn=True)
            cls._slide(*wide, bind, record, bind.dy, gradient_ending(bind))
            return
        t = input_gradient_tables(case)
        # The order of taps in a phase depends on the padding, which with "same" depends on the image size.
        role = f"input_gradient@{case.top % case.stride[0]},{case.left % case.stride[1]},{len(t.phases)}"
        packed = bind.pack(role, t.packed * case.groups, cpu.pack_input_gradient, weight, t.geometry, t.phases, t.order)
        zeros = _no_bias(case.groups, case.group_channels)
        record(cpu.slide, bind.dy, packed, zeros, *gradient_ending(bind), *cls._tables(t, bind))

    @classmethod
    def weight_gradient(cls, case: Conv, bind: Binding) -> None:
        q, dw, has_bias = wide_tables.pixels_at_once(case), bind.gradients["weight"], "bias" in bind.gradients
        db = bind.gradients.get("bias", dw)
        if q == 1:
            cls._sum(case, bind, dw, db, has_bias)
            return
        wide = wide_tables.widened(case, q)
        wide_dw = bind.scratch(wide.kernel[0] * wide.kernel[1] * wide.channels * wide.filters, area=2)
        wide_db = bind.scratch(wide.filters, area=3)
        cls._sum(wide, bind, wide_dw, wide_db, has_bias)
        bind.backward_weights(widening.gather, wide_dw, wide_db, dw, db, *_widening(case, q), has_bias)

    @classmethod
    def _slide(
        cls, case: Conv, own: Effective, bind: Binding, record: Any, source: Any, ending: tuple[object, ...]
    ) -> None:
        """Declare a forward pass from `source` with these weights."""
        t = forward_tables(case)
        role = f"{own.mark}forward"
        packed = bind.pack(role, t.packed * case.groups, cpu.pack_forward, own.weight, t.geometry, t.phases)
        record(cpu.slide, source, packed, _packed_bias(case, own, bind), *ending, *cls._tables(t, bind))

    @staticmethod
    def _wide(case: Conv, own: Effective, bind: Binding, turn: bool = False) -> tuple[Conv, Effective]:
        """The same convolution with several output pixels at once, and its weights, where that pays."""
        q = wide_tables.pixels_at_once(case)
        if q == 1:
            return case, own
        wide = wide_tables.widened(case, q)
        size = wide.kernel[0] * wide.kernel[1] * wide.channels * wide.filters
        mark = f"{own.mark}wide{q}_"
        given = (own.weight if own.bias is None else own.bias, own.bias is not None)
        shape = (*_widening(case, q), turn, *given)
        both = bind.pack(f"{mark}spread", size + wide.filters, widening.spread, own.weight, *shape)
        return wide, Effective(both[:size], both[size:], mark)

    @staticmethod
    def _sum(case: Conv, bind: Binding, dw: Any, db: Any, has_bias: bool) -> None:
        """Declare the weight gradient."""
        t = weight_gradient_tables(case)
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        tables = (t.geometry, t.rows, t.outs, t.lines, has_bias, partials, scratch, bind.threads)
        bind.backward_weights(cpu.weight_gradient, bind.x[0], bind.dy, dw, db, *tables)

    @staticmethod
    def _tables(t: Sliding, bind: Binding) -> tuple[object, ...]:
        scratch = bind.scratch(t.scratch * bind.threads)
        return (t.geometry, t.phases, t.rows, t.outs, t.taps, SPARE_OUTS, scratch, bind.threads)


def _widening(case: Conv, q: int) -> tuple[int, ...]:
    """R, S, C, K, q and the stride between pixels, as the kernels of widening.py take them."""
    return (*case.kernel, case.channels, case.filters, q, case.stride[1])


class _Winograd:
    """F(m×m, 3×3)."""

    def __init__(self, m: int) -> None:
        self._m = m

    def forward(self, case: Conv, bind: Binding) -> None:
        t, own = winograd_tables.tables(case, self._m), effective(bind)
        packed = self._packed(case, bind, t, own.weight, f"{own.mark}forward", winograd.pack)
        ending = forward_ending(bind)
        bind.forward(winograd.slide, bind.x[0], packed, _packed_bias(case, own, bind), *ending, *self._tables(t, bind))

    def input_gradient(self, case: Conv, bind: Binding) -> None:
        """The same product with turned, transposed filters and the padding that remains of 2."""
        t = winograd_tables.tables(wide_tables.turned(case), self._m)
        packed = self._packed(case, bind, t, bind.weights["weight"], "input_gradient", winograd.pack_turned)
        zeros, ending = _no_bias(1, case.channels), gradient_ending(bind)
        bind.backward_input(0, winograd.slide, bind.dy, packed, zeros, *ending, *self._tables(t, bind))

    def weight_gradient(self, case: Conv, bind: Binding) -> None:
        t, dw = winograd_tables.weight_gradient_tables(case, self._m), bind.gradients["weight"]
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), "bias" in bind.gradients)
        tables = (t.geometry, t.rows, t.outs, _ONE_TAP)
        bind.backward_weights(winograd_gradient.weight_gradient, *arrays, *tables, partials, scratch, bind.threads)

    def _packed(
        self, case: Conv, bind: Binding, t: winograd_tables.Winograd, weight: Array, role: str, kernel: Any
    ) -> Array:
        scratch = np.empty(winograd.PACK_SCRATCH * bind.threads, np.float32)
        sizes = (self._m, case.channels, case.filters)
        return bind.pack(f"winograd{self._m}_{role}", t.packed, kernel, weight, *sizes, scratch, bind.threads)

    @staticmethod
    def _tables(t: winograd_tables.Winograd, bind: Binding) -> tuple[object, ...]:
        zeros, scratch = _no_bias(1, int(t.geometry[10])), bind.scratch(t.scratch * bind.threads)
        return (zeros, t.geometry, t.rows, t.outs, _ONE_TAP, SPARE_OUTS, scratch, bind.threads)


STEPS = {Conv2D: conv2d}
