"""Stochastic gradient descent, with momentum of two kinds."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer, decay, rate, share

DEFAULT_RATE = 0.03
_MOMENTUM = "Share of the last step that is carried on."


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent with momentum and weight decay: v ← m·v + g + d·w, w ← w − lr·v."""

    learning_rate: float = rate(DEFAULT_RATE)
    momentum: float = share(0.9, "Momentum", _MOMENTUM)
    weight_decay: float = decay(5e-4)

    name = "sgd"
    title = "SGD with momentum"
    source = "Robbins & Monro 1951; momentum: Polyak 1964, in the form of Sutskever et al. 2013"
    kernel = "sgd"
    buffers = ("velocity",)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.momentum


@dataclass(frozen=True)
class Nesterov(SGD):
    """Nesterov's accelerated gradient: v ← m·v + g + d·w, w ← w − lr·(g + d·w + m·v)."""

    name = "nesterov"
    title = "SGD with Nesterov momentum"
    source = "Nesterov 1983; Sutskever et al. 2013, §2.1"
    kernel = "nesterov"
