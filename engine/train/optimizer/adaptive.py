"""Optimisers that give each weight a rate of its own, from its gradients so far."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer, decay, epsilon, rate, share


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Weights whose gradients were large take smaller steps: s ← s + g², w ← w − lr·g/(√s + ε)."""

    learning_rate: float = rate(0.01)
    weight_decay: float = decay(0.0)
    epsilon: float = epsilon(1e-10)

    name = "adagrad"
    title = "Adagrad"
    source = "Duchi, Hazan & Singer 2011"
    kernel = "adagrad"
    buffers = ("squares",)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.epsilon


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """As Adagrad, but with a running average of the squares: s ← α·s + (1 − α)·g², w ← w − lr·g/(√s + ε)."""

    learning_rate: float = rate(0.001)
    alpha: float = share(0.99, "Alpha", "Share of the average of squared gradients that is kept at each step.")
    momentum: float = share(0.0, "Momentum", "Share of the last step that is carried on.")
    weight_decay: float = decay(0.0)
    epsilon: float = epsilon(1e-8)

    name = "rmsprop"
    title = "RMSprop"
    source = "Tieleman & Hinton 2012, lecture 6.5"
    kernel = "rmsprop"
    buffers = ("square_average", "velocity")

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.alpha, 1 - self.alpha, self.epsilon, self.momentum


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Steps as long as the steps before, relative to the gradients: no rate to choose; 1 is the paper's."""

    learning_rate: float = rate(1.0)
    rho: float = share(0.9, "Rho", "Share of both running averages that is kept at each step.")
    weight_decay: float = decay(0.0)
    epsilon: float = epsilon(1e-6)

    name = "adadelta"
    title = "Adadelta"
    source = "Zeiler 2012, algorithm 1"
    kernel = "adadelta"
    buffers = ("square_average", "step_average")

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.rho, 1 - self.rho, self.epsilon
