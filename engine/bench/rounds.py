"""Taking turns: every side is measured once a round, so that a clock that drifts touches all, and medians are taken.

Rounds that other programs disturb are repeated, and the calmest are kept: chosen by what the others did, not by the
figures.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .others import DISTURBING

SETTLE = 0.02
"""Seconds of untimed steps that begin a turn. Threads of the side before may still be spinning, and caches are cold."""

_MOST_CALLS = 100_000
_ATTEMPTS = 3  # times the rounds asked for, until the calmest have to do

Seconds = dict[str, tuple[float, ...]]
"""Seconds a step took, round by round, under the name of what was measured."""


@dataclass(frozen=True)
class Taken:
    """What was measured, and the mean share of the processor that other programs used meanwhile."""

    seconds: Seconds
    others: float


@dataclass(frozen=True)
class _Round:
    seconds: dict[str, float]
    others: float


@dataclass(frozen=True)
class Effort:
    """How to measure: rounds, seconds a turn, and the threads of every side (None: as many as the engine uses)."""

    rounds: int
    seconds: float
    threads: int | None = None


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


def repeated(work: Callable[[], object], least: float, elapsed: Callable[[Callable[[], object], int], float]) -> float:
    """Mean seconds of a call, of so many that they last at least so long; untimed ones come first.

    `elapsed` gives the seconds of a number of calls. A device that works by itself is better not asked after each.
    """
    elapsed(work, 1)
    count = 1
    while True:
        seconds = elapsed(work, count)
        if seconds >= least or count >= _MOST_CALLS:
            return seconds / count
        count = min(max(2 * count, math.ceil(1.1 * count * least / max(seconds, 1e-9))), 100 * count, _MOST_CALLS)


def alternate(
    measures: Mapping[str, Callable[[float], float]],
    effort: Effort,
    tick: Callable[[], None],
    others: Callable[[], float] = lambda: 0.0,
) -> Taken:
    """Give each measure its turn in every round, in reverse order in every other one.

    A measure takes the seconds it may last and returns the seconds of one step. `others` tells the share of the
    processor that other programs have used since it was last asked. `tick` is called `effort.rounds` times.
    """
    calm: list[_Round] = []
    disturbed: list[_Round] = []
    while len(calm) < effort.rounds and len(calm) + len(disturbed) < _ATTEMPTS * effort.rounds:
        forwards = (len(calm) + len(disturbed)) % 2 == 0
        others()
        seconds = {name: measures[name](effort.seconds) for name in _turns(measures, forwards)}
        load = others()
        if load < DISTURBING:
            calm.append(_Round(seconds, load))
            tick()
        else:
            disturbed.append(_Round(seconds, load))
    missing = effort.rounds - len(calm)
    for _ in range(missing):
        tick()
    kept = calm + sorted(disturbed, key=lambda r: r.others)[:missing]
    by_name = {name: tuple(r.seconds[name] for r in kept) for name in measures}
    return Taken(by_name, statistics.fmean(r.others for r in kept))


def _turns(names: Iterable[str], forwards: bool) -> list[str]:
    ordered = list(names)
    return ordered if forwards else ordered[::-1]


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
