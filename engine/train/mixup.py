"""Mixup: images and targets of a batch are mixed in pairs (Zhang et al. 2018, eq. 1)."""

from __future__ import annotations

import numpy as np

_DRAW = 1  # keeps these numbers apart from the order of images, which is drawn from the same key


def share(alpha: float, seed: int, step: int) -> float:
    """The part of itself that an image keeps in a batch, λ ∼ Beta(α, α); 1 where α is 0. It depends on nothing else."""
    if not alpha:
        return 1.0
    counter, key = np.array([0, 0, 0, _DRAW], np.uint64), np.array([seed, step], np.uint64)
    return float(np.random.Generator(np.random.Philox(counter=counter, key=key)).beta(alpha, alpha))
