"""The GPU's passes of convolutions: sliding products, gathered as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...kernels import cuda_fold, cuda_sums
from ...kernels.cuda_correlate import correlate, workers_for
from ...kernels.cuda_slide import kernel_for, slide
from ..folding import Effective, effective
from . import cuda_tables
from .cuda_tables import Slide
from .steps_layers import steps
from .steps_passes import Algorithm, Product, WeightGradient
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Binding

_IMPLICIT = "implicit product"


class ImplicitProduct:
    """Any geometry."""

    def forward(self, case: Conv, bind: Binding, p: Product) -> None:
        slides = cuda_tables.forward(case)
        bind.algorithm = kernel_for(slides.phases, slides.sizes, bind.backend.means)[1]
        self._slide(slides, bind, p, p.own.weight)

    def input_gradient(self, case: Conv, bind: Binding, p: Product) -> None:
        shape = (case.group_channels, case.filters, case.groups)
        turned = bind.pack(f"{p.own.mark}turned", p.own.weight.size, cuda_fold.turn, p.own.weight, *shape)
        self._slide(cuda_tables.input_gradient(case), bind, p, turned)

    def weight_gradient(self, case: Conv, bind: Binding, g: WeightGradient) -> None:
        taps, sizes = cuda_tables.taps(case), cuda_tables.correlation(case)
        means = bind.backend.means
        workers = workers_for(sizes, case.kernel[0] * case.kernel[1], means, bind.backend.threads())
        sums = bind.scratch(g.dw.size * workers)
        bind.backward_weights(correlate, g.x, g.dy, g.dw, sums, taps, sizes, workers, means)
        if g.db is not None:
            bias_gradient(bind, g.dy, g.db, case.batch * case.out_height * case.out_width, case.filters)

    @staticmethod
    def _slide(s: Slide, bind: Binding, p: Product, weight: Any) -> None:
        target, what, other, floor, _ = p.ending  # batch norm takes its sums itself
        has_bias = p.own.bias is not None
        bias = p.own.bias if has_bias else weight
        ending = (bias, has_bias, target, what, other, floor)
        p.record(slide, p.source, weight, *ending, s.taps, s.phases, s.sizes, bind.backend.means)


def bias_gradient(bind: Binding, dy: Any, db: Any, rows: int, filters: int) -> None:
    """Declare db = Σ dy (rows, filters)."""
    sums = bind.scratch(filters * bind.threads, "float64", area=1)
    bind.backward_weights(cuda_sums.matrix_sum, dy, db, rows, filters, sums, bind.threads)


class CudaPasses:
    """There is one algorithm."""

    def choose(self, case: Conv) -> str:
        return _IMPLICIT

    def algorithm(self, name: str) -> Algorithm:
        return ImplicitProduct()

    def effective(self, bind: Binding, name: str = "weight") -> Effective:
        return effective(bind, cuda_fold.fold, name)

    def bias_gradient(self, bind: Binding, dy: Any, db: Any, rows: int, filters: int) -> None:
        bias_gradient(bind, dy, db, rows, filters)


STEPS = steps(CudaPasses())
