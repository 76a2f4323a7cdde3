"""Winograd's algorithm as calls of the CPU's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...kernels.panel import SPARE_OUTS
from . import cpu, wide_tables, winograd, winograd_gradient, winograd_tables
from .steps_cpu_direct import packed_bias
from .steps_passes import Product, WeightGradient
from .tables import ONE_TAP, Conv

if TYPE_CHECKING:
    from ...runtime.binding import Binding


class Winograd:
    """F(m×m, 3×3)."""

    def __init__(self, m: int) -> None:
        self._m = m

    def forward(self, case: Conv, bind: Binding, p: Product) -> None:
        self._slide(case, bind, p, winograd_tables.tables(case, self._m), "forward", winograd.pack)

    def input_gradient(self, case: Conv, bind: Binding, p: Product) -> None:
        """The same product with turned, transposed filters and the padding that remains of 2."""
        t = winograd_tables.tables(wide_tables.turned(case), self._m)
        self._slide(case, bind, p, t, "input_gradient", winograd.pack_turned)

    def weight_gradient(self, case: Conv, bind: Binding, g: WeightGradient) -> None:
        t = winograd_tables.weight_gradient_tables(case, self._m)
        partials, scratch = bind.scratch(t.partial * bind.threads), bind.scratch(t.scratch * bind.threads, area=1)
        tables = (t.geometry, t.rows, t.outs, ONE_TAP, partials, scratch, bind.threads)
        bind.backward_weights(winograd_gradient.weight_gradient, *g.arrays, *tables)

    def _slide(self, case: Conv, bind: Binding, p: Product, t: winograd_tables.Winograd, role: str, pack: Any) -> None:
        columns, own, m = int(t.geometry[10]), p.own, self._m
        pack_scratch = np.empty(winograd.PACK_SCRATCH * bind.threads, np.float32)
        sizes = (m, case.channels, case.filters)
        name = f"{own.mark}winograd{m}_{role}"
        packed = bind.pack(name, t.packed, pack, own.weight, *sizes, pack_scratch, bind.threads)
        zeros, scratch = np.zeros(cpu.packed_bias_size(1, columns), np.float32), bind.scratch(t.scratch * bind.threads)
        tables = (zeros, t.geometry, t.rows, t.outs, ONE_TAP, SPARE_OUTS, scratch, bind.threads)
        p.record(winograd.slide, p.source, packed, packed_bias(own, bind, 1, columns), *p.ending, *tables)
