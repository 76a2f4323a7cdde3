"""Taking turns: every side is measured once a round, so that a clock that drifts touches all, and medians are taken."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

SETTLE = 0.02
"""Seconds of untimed steps that begin a turn. Threads of the side before may still be spinning, and caches are cold."""

Seconds = dict[str, tuple[float, ...]]
"""Seconds a step took, round by round, under the name of what was measured."""


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, and seconds a turn."""

    rounds: int = 7
    seconds: float = 0.3


def timed(step: Callable[[], object], seconds: float) -> float:
    """Mean seconds of a step, repeated for at least so long; untimed steps come first."""
    began = time.perf_counter()
    step()
    while time.perf_counter() - began < SETTLE:
        step()
    count, start = 0, time.perf_counter()
    while True:
        step()
        count += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return elapsed / count


def alternate(measures: Mapping[str, Callable[[float], float]], effort: Effort, tick: Callable[[], None]) -> Seconds:
    """Give each measure its turn in every round, in reverse order in every other one. `tick` is called after a round.

    A measure takes the seconds it may last and returns the seconds of one step.
    """
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(effort.rounds):
        for name in measures if number % 2 == 0 else reversed(list(measures)):
            taken[name].append(measures[name](effort.seconds))
        tick()
    return {name: tuple(values) for name, values in taken.items()}


def best(seconds: Seconds, names: Iterable[str]) -> str:
    """The name with the lowest median."""
    return min(names, key=lambda name: statistics.median(seconds[name]))


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """How many times as long theirs took, round by round: the two of a round saw the same machine."""
    return [t / o for t, o in zip(theirs, ours)]


def geometric_mean(ratios: Iterable[float | None]) -> float | None:
    """Of those that are there; None without any."""
    known = [math.log(value) for value in ratios if value is not None]
    return math.exp(statistics.fmean(known)) if known else None
