"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .base import Optimizer, decay, epsilon, rate, share


@dataclass(frozen=True)
class Adam(Optimizer):
    """Running averages of gradient and squared gradient, both corrected for their start at zero."""

    learning_rate: float = rate(0.001)
    beta1: float = share(0.9, "Beta 1", "Share of the average gradient that is kept at each step.")
    beta2: float = share(0.999, "Beta 2", "Share of the average squared gradient that is kept at each step.")
    weight_decay: float = decay(0.0)
    epsilon: float = epsilon(1e-8)

    name = "adam"
    title = "Adam"
    source = "Kingma & Ba 2015, algorithm 1"
    kernel = "adam"
    buffers = ("mean", "square_average")

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        rate, root = rate / (1 - self.beta1**step), 1 / math.sqrt(1 - self.beta2**step)
        return rate, self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, root, self.epsilon


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam whose weight decay shrinks the weights directly: w ← w − lr·d·w, then Adam's step."""

    weight_decay: float = decay(0.01)

    name = "adamw"
    title = "AdamW"
    source = "Loshchilov & Hutter 2019, algorithm 2"
    decoupled = True
