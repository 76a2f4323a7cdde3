"""What a loss is: the number a run makes small, as a declaration.

A further loss is a frozen dataclass below `Loss`, two kernels in `cpu.py`, `<kernel>_gradient` and `<kernel>`, and one
in `cuda.py`, `<kernel>_gradient`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...spec import Named, find, number


@dataclass(frozen=True)
class Loss(Named):
    """Base of all losses."""

    kind = "loss"
    kernel: ClassVar[str] = ""
    for_values: ClassVar[bool] = False
    """Whether targets are values (N, D) instead of classes (N,)."""

    @property
    def parameter(self) -> float:
        """The number that the kernel of the gradient takes."""
        return 0.0


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """−Σ t·log softmax(scores), mean over the batch, where t is 1 for the right class.

    With label smoothing ε, t is 1 − ε + ε/K for the right class and ε/K for the others. Test figures are without it.
    """

    smoothing: float = number(
        0.0,
        label="Label smoothing",
        help="Share of each target that is spread evenly over all classes, so that scores need not grow without end.",
        minimum=0.0,
        maximum=0.999,
    )

    name = "cross-entropy"
    title = "Softmax cross-entropy"
    source = "Bridle 1990; label smoothing: Szegedy et al. 2016, §7"
    kernel = "cross_entropy"

    @property
    def parameter(self) -> float:
        return self.smoothing


@dataclass(frozen=True)
class L2(Loss):
    """(output − target)², mean over all values of the batch."""

    name = "l2"
    title = "L2 regression"
    source = "Gauss 1809"
    kernel = "squares"
    for_values = True


@dataclass(frozen=True)
class SmoothL1(Loss):
    """d²/2β where |d| = |output − target| < β, else |d| − β/2; mean over all values of the batch."""

    beta: float = number(
        1.0, label="Beta", help="The distance at which the square goes over into a line.", minimum=1e-6, maximum=1e6
    )

    name = "smooth-l1"
    title = "Smooth L1"
    source = "Huber 1964; Girshick 2015, eq. 3"
    kernel = "smooth_l1"
    for_values = True

    @property
    def parameter(self) -> float:
        return self.beta


LOSSES: Mapping[str, type[Loss]] = {kind.name: kind for kind in (CrossEntropy, L2, SmoothL1)}
"""Losses by name."""


def loss(given: str | Mapping[str, Any] | Loss) -> Loss:
    """A loss from its name (with parameters: "cross-entropy:smoothing=0.1"), its JSON form or an instance."""
    return find(LOSSES, given)
