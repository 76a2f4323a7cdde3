"""Learning-rate schedules: the factor on the rate as a function of progress, 0 at the first step, 1 at the end.

All but the constant one begin with a short warm-up: first weights give large scores, and full steps along their
gradients kill units for good.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ..spec import ConvscopeError

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """Always the full rate."""
    return 1.0


def step(progress: float) -> float:
    """A tenth after half of the run, a hundredth after three quarters (He et al. 2015, §4.2)."""
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def cosine(progress: float) -> float:
    """Half a cosine wave from 1 towards 0, slow at both ends (Loshchilov & Hutter 2017, eq. 5, without restarts)."""
    return 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))


WARM_UP_STEPS = 100


def warm_up(step: int, steps: int) -> float:
    """Up to 1 in even steps, over a tenth of the run but no more than 100 steps (Goyal et al. 2017, §2.2)."""
    length = min(WARM_UP_STEPS, steps // 10)
    return min((step + 1) / length, 1.0) if length else 1.0


def factor(name: str, step: int, steps: int) -> float:
    """The factor on the learning rate for step number `step` (the first is 0) of a run of so many."""
    shape = schedule(name)
    return shape(step / steps) * (1.0 if shape is constant else warm_up(step, steps))


SCHEDULES: Mapping[str, Schedule] = {"constant": constant, "step": step, "cosine": cosine}


def schedule(name: str) -> Schedule:
    """The schedule of this name; ConvscopeError with the known names if there is none."""
    try:
        return SCHEDULES[name]
    except (KeyError, TypeError):
        raise ConvscopeError(f"There is no schedule {name!r}; use one of: {', '.join(SCHEDULES)}") from None
