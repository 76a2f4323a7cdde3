"""The passes of a convolution, as its algorithms are asked for them.

An algorithm is a class that declares three passes of a convolution `Conv`: forward, input_gradient, weight_gradient.
What plays which part is for steps_layers.py to say: a transposed convolution goes forward by the input gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..folding import Effective

if TYPE_CHECKING:
    from ...runtime.binding import Binding
    from .tables import Conv


@dataclass(frozen=True)
class Product:
    """A pass that multiplies: what it reads and what with, and how it ends; `record` notes its call.

    `ending` is the target and what is done to it and measured on it while it is in cache: see steps_endings.py.
    """

    record: Callable[..., None]
    source: Any
    own: Effective
    ending: tuple[object, ...]


@dataclass(frozen=True)
class WeightGradient:
    """The pass that sums x (N,H,W,C) times dy (N,OH,OW,K) into dw and, unless it is None, dy into db."""

    x: Any
    dy: Any
    dw: Any
    db: Any

    @property
    def arrays(self) -> tuple[Any, Any, Any, Any, bool]:
        """As the kernels take them: with some array for db, and whether it counts."""
        return self.x, self.dy, self.dw, self.dw if self.db is None else self.db, self.db is not None


class Algorithm(Protocol):
    """Declares the passes of a convolution."""

    def forward(self, case: Conv, bind: Binding, p: Product) -> None: ...

    def input_gradient(self, case: Conv, bind: Binding, p: Product) -> None: ...

    def weight_gradient(self, case: Conv, bind: Binding, g: WeightGradient) -> None: ...


class Passes(Protocol):
    """What a device has for convolutions."""

    def choose(self, case: Conv) -> str:
        """Name of the algorithm to use."""

    def algorithm(self, name: str) -> Algorithm: ...

    def effective(self, bind: Binding, name: str = "weight") -> Effective:
        """The weight to multiply with: see folding.effective."""

    def bias_gradient(self, bind: Binding, dy: Any, db: Any, rows: int, filters: int) -> None:
        """Declare db = Σ dy (rows, filters)."""
