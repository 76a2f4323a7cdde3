"""What an optimiser is: parameters with their bounds, the buffers it keeps, the numbers its kernel takes.

A further optimiser is a frozen dataclass below `Optimizer`, a formula in `scalar.py`, a kernel made of it in `cpu.py`,
and an entry in `OPTIMIZERS`.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from ...spec import Named, flag, number


def rate(default: float) -> Any:
    """The field of a learning rate with this default."""
    return number(
        default,
        label="Learning rate",
        help="Length of a step along the gradient.",
        minimum=0.0,
        maximum=1000.0,
        open_ends=True,
    )


def share(default: float, label: str, help: str) -> Any:
    """The field of a number from 0 to below 1."""
    return number(default, label=label, help=help, minimum=0.0, maximum=0.999999)


def decay(default: float) -> Any:
    """The field of a weight decay."""
    help = "Pulls weights towards zero; biases and normalisation are left alone unless asked."
    return number(default, label="Weight decay", help=help, minimum=0.0, maximum=1.0)


def epsilon(default: float) -> Any:
    """The field of the number that keeps divisions from growing without bounds."""
    help = "Added to what is divided by, which may be near zero."
    return number(default, label="Epsilon", help=help, minimum=0.0, maximum=1.0, open_ends=True)


@dataclass(frozen=True)
class Optimizer(Named):
    """Base of all optimisers. Construction parses every parameter; ParameterError names all that are illegal."""

    learning_rate: float = rate(0.01)
    _: KW_ONLY
    decay_all: bool = flag(False, label="Decay all", help="Weight decay for biases and normalisation too.")
    clip_norm: float = number(
        0.0,
        label="Clip norm",
        help="Shortens the gradient of all weights together to this length where it is longer; 0 leaves it.",
        minimum=0.0,
        maximum=1e9,
    )
    clip_value: float = number(
        0.0,
        label="Clip value",
        help="Cuts every weight's gradient to this size, before the norm is taken; 0 leaves it.",
        minimum=0.0,
        maximum=1e9,
    )

    kind = "optimiser"
    kernel: ClassVar[str] = ""
    """Name of the step in `cpu.py`."""
    buffers: ClassVar[tuple[str, ...]] = ()
    """Arrays it keeps, one value a weight each, zero at first."""
    decoupled: ClassVar[bool] = False
    """Whether weight decay shrinks the weights themselves instead of being added to their gradient."""

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        """The numbers `p` of the formula for a step at this scheduled learning rate; the first step is number 1."""
        raise NotImplementedError

    def decays(self, rate: float) -> tuple[float, float]:
        """Weight decay as it is added to gradients, and as it shrinks weights."""
        decay = float(self.values()["weight_decay"])  # each optimiser declares it, in its place among its parameters
        return (0.0, rate * decay) if self.decoupled else (decay, 0.0)
