"""Optimisers as declarations: parameters with their bounds, the buffers they keep, the kernel that makes a step.

A further optimiser is a frozen dataclass below `Optimizer`, a kernel of the same name in `cpu.py` that takes
`(weights, gradients, decays, *buffers, *scalars, threads)` and returns how many weights are not finite, and an entry in
`OPTIMIZERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..spec import ConvscopeError, Declared, number

DEFAULT_RATE = 0.03


@dataclass(frozen=True)
class Optimizer(Declared):
    """Base of all optimisers. Construction parses every parameter; ParameterError names all that are illegal."""

    learning_rate: float = number(
        DEFAULT_RATE,
        label="Learning rate",
        help="Length of a step along the gradient.",
        minimum=0.0,
        maximum=1000.0,
        open_ends=True,
    )

    name: ClassVar[str] = ""
    source: ClassVar[str] = ""
    buffers: ClassVar[tuple[str, ...]] = ()

    def scalars(self, rate: float) -> tuple[float, ...]:
        """What the kernel takes after the buffers, for a step at this scheduled learning rate."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent with momentum and weight decay: v ← m·v + g + d·w, w ← w − lr·v."""

    momentum: float = number(
        0.9, label="Momentum", help="Share of the last step that is carried on.", minimum=0.0, maximum=0.9999
    )
    weight_decay: float = number(
        5e-4,
        label="Weight decay",
        help="Pulls weights towards zero; biases and normalisation are left alone.",
        minimum=0.0,
        maximum=1.0,
    )

    name = "sgd"
    source = "Robbins & Monro 1951; momentum: Polyak 1964, in the form of Sutskever et al. 2013"
    buffers = ("velocity",)

    def scalars(self, rate: float) -> tuple[float, ...]:
        return rate, self.momentum, self.weight_decay


OPTIMIZERS: Mapping[str, type[Optimizer]] = {"sgd": SGD}
"""Optimisers by name."""


def optimizer(given: str | Optimizer, **changes: Any) -> Optimizer:
    """An optimiser from its name or an instance, with the parameters in `changes` that are not None replaced."""
    if isinstance(given, str):
        if given not in OPTIMIZERS:
            raise ConvscopeError(f"There is no optimiser {given!r}; use one of: {', '.join(OPTIMIZERS)}")
        given = OPTIMIZERS[given]()
    if not isinstance(given, Optimizer):
        raise ConvscopeError(
            f"The optimiser is {given!r}; give a name ({', '.join(OPTIMIZERS)}) or an instance such as SGD(0.01)"
        )
    return given.replace(**{name: value for name, value in changes.items() if value is not None})
