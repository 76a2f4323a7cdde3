"""Optimisers as declarations. Their kernels are loaded when a run begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...spec import find
from .adam import Adam, AdamW
from .adaptive import Adadelta, Adagrad, RMSprop
from .base import Optimizer
from .sgd import DEFAULT_RATE, SGD, Nesterov

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    kind.name: kind for kind in (SGD, Nesterov, Adagrad, Adadelta, RMSprop, Adam, AdamW)
}
"""Optimisers by name."""


def optimizer(given: str | Mapping[str, Any] | Optimizer, **changes: Any) -> Optimizer:
    """An optimiser from its name (with parameters: "adam:beta1=0.8"), its JSON form or an instance.

    The parameters in `changes` that are not None are replaced.
    """
    return find(OPTIMIZERS, given).changed(changes)


__all__ = [
    "DEFAULT_RATE",
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Nesterov",
    "Optimizer",
    "RMSprop",
    "optimizer",
]
