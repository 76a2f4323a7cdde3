"""The sliding product on the register tile as calls of the CPU's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.panel import SPARE_OUTS
from ..folding import Effective
from . import col2im, col2im_tables, cpu, wide_tables, widening
from .gradient_tables import weight_gradient_tables
from .steps_passes import Product, WeightGradient
from .tables import ONE_TAP, Conv, Sliding, forward_tables, input_gradient_tables, padded

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding


def packed_bias(own: Effective, bind: Binding, groups: int, columns: int) -> Array:
    """The biases of all groups in whole blocks; zeros where there are none."""
    size = cpu.packed_bias_size(groups, columns)
    if own.bias is None:
        return np.zeros(size, np.float32)
    return bind.pack(f"{own.mark}bias", size, cpu.pack_bias, own.bias, groups, columns)


class Direct:
    """Any geometry. Few filters are widened: see wide_tables.py."""

    def forward(self, case: Conv, bind: Binding, p: Product) -> None:
        wide, own = self._wide(case, p.own, bind)
        self._slide(wide, own, bind, p)

    def input_gradient(self, case: Conv, bind: Binding, p: Product) -> None:
        if col2im_tables.pays(case):
            self._sum_runs(case, bind, p)
            return
        turned = wide_tables.turned(case)
        if case.stride == (1, 1) and wide_tables.pixels_at_once(turned) > 1:
            wide, own = self._wide(turned, p.own, bind, turn=True)
            self._slide(wide, own, bind, p)
            return
        t = input_gradient_tables(case)
        # The order of taps in a phase depends on the padding, which with "same" depends on the image size.
        role = f"input_gradient@{case.top % case.stride[0]},{case.left % case.stride[1]},{len(t.phases)}"
        size, tables = t.packed * case.groups, (t.geometry, t.phases, t.order)
        packed = bind.pack(f"{p.own.mark}{role}", size, cpu.pack_input_gradient, p.own.weight, *tables)
        bias = packed_bias(p.own, bind, case.groups, case.group_channels)
        p.record(cpu.slide, p.source, packed, bias, *p.ending, *self._tables(t, bind))

    def weight_gradient(self, case: Conv, bind: Binding, g: WeightGradient) -> None:
        q = wide_tables.pixels_at_once(case)
        if q == 1:
            self._sum(case, bind, g)
            return
        wide = wide_tables.widened(case, q)
        wide_dw = bind.scratch(wide.kernel[0] * wide.kernel[1] * wide.channels * wide.filters, area=2)
        wide_db = bind.scratch(wide.filters, area=3)
        _, _, dw, db, has_bias = g.arrays
        self._sum(wide, bind, WeightGradient(g.x, g.dy, wide_dw, wide_db if has_bias else None))
        bind.backward_weights(widening.gather, wide_dw, wide_db, dw, db, *_widening(case, q), has_bias)

    @staticmethod
    def _sum_runs(case: Conv, bind: Binding, p: Product) -> None:
        """Declare the input's gradient by products first, sums afterwards."""
        t, run = col2im_tables.tables(case), case.kernel[1] * case.channels
        sizes = (case.kernel[0], run, case.filters, padded(run), bind.threads)
        packed = bind.pack(f"{p.own.mark}col2im", t.packed, col2im.pack, p.own.weight, *sizes)
        bias = packed_bias(p.own, bind, 1, case.channels)
        zeros, scratch = np.zeros(padded(run), np.float32), bind.scratch(t.scratch * bind.threads)
        tables = (zeros, t.geometry, t.rows, t.outs, t.firsts, t.lasts, ONE_TAP, SPARE_OUTS, scratch, bind.threads)
        p.record(col2im.input_gradient, p.source, packed, bias, *p.ending, *tables)

    def _slide(self, case: Conv, own: Effective, bind: Binding, p: Product) -> None:
        """Declare a forward pass with these weights."""
        t = forward_tables(case)
        size = t.packed * case.groups
        packed = bind.pack(f"{own.mark}forward", size, cpu.pack_forward, own.weight, t.geometry, t.phases)
        bias = packed_bias(own, bind, case.groups, case.group_filters)
        p.record(cpu.slide, p.source, packed, bias, *p.ending, *self._tables(t, bind))

    @staticmethod
    def _wide(case: Conv, own: Effective, bind: Binding, turn: bool = False) -> tuple[Conv, Effective]:
        """The same convolution with several output pixels at once, and its weights, where that pays."""
        q = wide_tables.pixels_at_once(case)
        if q == 1:
            return case, own
        wide = wide_tables.widened(case, q)
        size = wide.kernel[0] * wide.kernel[1] * wide.channels * wide.filters
        mark = f"{own.mark}wide{q}_{'turned_' if turn else ''}"
        given = (own.weight if own.bias is None else own.bias, own.bias is not None)
        shape = (*_widening(case, q), turn, *given)
        both = bind.pack(f"{mark}spread", size + wide.filters, widening.spread, own.weight, *shape)
        return wide, Effective(both[:size], both[size:], mark)

    @staticmethod
    def _sum(case: Conv, bind: Binding, g: WeightGradient) -> None:
        """Declare the weight gradient."""
        t = weight_gradient_tables(case)
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        *arrays, has_bias = g.arrays
        tables = (t.geometry, t.rows, t.outs, t.lines, has_bias, partials, scratch, bind.threads)
        bind.backward_weights(cpu.weight_gradient, *arrays, *tables)

    @staticmethod
    def _tables(t: Sliding, bind: Binding) -> tuple[object, ...]:
        scratch = bind.scratch(t.scratch * bind.threads)
        return (t.geometry, t.phases, t.rows, t.outs, t.taps, SPARE_OUTS, scratch, bind.threads)


def _widening(case: Conv, q: int) -> tuple[int, ...]:
    """R, S, C, K, q and the stride between pixels, as the kernels of widening.py take them."""
    return (*case.kernel, case.channels, case.filters, q, case.stride[1])
