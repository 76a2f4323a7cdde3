"""The CPU's passes of convolutions, by the algorithm that choice.py chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...kernels import fold
from ..folding import Effective, effective
from . import choice, cpu
from .steps_cpu_channelwise import Channelwise
from .steps_cpu_direct import Direct
from .steps_cpu_winograd import Winograd
from .steps_layers import steps
from .steps_passes import Algorithm
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Binding


class CpuPasses:
    """Direct, Winograd's or channelwise."""

    def choose(self, case: Conv) -> str:
        return choice.choose(case)

    def algorithm(self, name: str) -> Algorithm:
        match name:
            case choice.DIRECT:
                return Direct()
            case choice.CHANNELWISE:
                return Channelwise()
        return Winograd(choice.tile_size(name))

    def effective(self, bind: Binding, name: str = "weight") -> Effective:
        return effective(bind, fold.fold, name)

    def bias_gradient(self, bind: Binding, dy: Any, db: Any, rows: int, filters: int) -> None:
        partials = bind.scratch(filters * bind.threads)
        bind.backward_weights(cpu.bias_gradient, dy, db, rows, filters, partials, bind.threads)


STEPS = steps(CpuPasses())
