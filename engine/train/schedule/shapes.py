"""Schedules that depend on time alone."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass

from ...spec import integer, number
from .base import Moment, Schedule, remainder, warm_up


@dataclass(frozen=True)
class Constant(Schedule):
    """Always the full rate."""

    _: KW_ONLY
    warm_up: int = warm_up(0)

    name = "constant"
    title = "Constant"
    source = "Robbins & Monro 1951, without decay"

    def shape(self, at: Moment) -> float:
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """A fraction of the rate from time to time, all at once."""

    every: int = integer(
        0,
        label="Every",
        help="Epochs from one drop to the next; 0 drops the rate after half and after three quarters of the run.",
        minimum=0,
        maximum=1_000_000,
        unit="epochs",
    )
    factor: float = remainder(0.1)

    name = "step"
    title = "In steps"
    source = "He et al. 2015, §4.2: a tenth after half of the run, a hundredth after three quarters"

    def shape(self, at: Moment) -> float:
        drops = at.step // (self.every * at.batches) if self.every else (at.progress >= 0.5) + (at.progress >= 0.75)
        return self.factor**drops


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine wave down to the floor, slow at both ends."""

    floor: float = number(
        0.0, label="Floor", help="Share of the rate that is left at the end.", minimum=0.0, maximum=1.0
    )

    name = "cosine"
    title = "Cosine"
    source = "Loshchilov & Hutter 2017, eq. 5, without restarts"

    def shape(self, at: Moment) -> float:
        wave = 0.5 * (1.0 + math.cos(math.pi * min(max(at.progress, 0.0), 1.0)))
        return self.floor + (1.0 - self.floor) * wave


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to the full rate and down to almost nothing, along half cosine waves."""

    rise: float = number(0.3, label="Rise", help="Share of the run in which the rate rises.", minimum=0.0, maximum=1.0)
    start: float = number(
        25.0, label="Start", help="How many times the full rate is above the first one.", minimum=1.0, maximum=1e9
    )
    end: float = number(
        1e4, label="End", help="How many times the first rate is above the last one.", minimum=1.0, maximum=1e9
    )
    _: KW_ONLY
    warm_up: int = warm_up(0)

    name = "one-cycle"
    title = "One cycle"
    source = "Smith & Topin 2018, with cosine waves in place of lines; the momentum stays as it is"

    def shape(self, at: Moment) -> float:
        step, last = min(at.step, at.steps - 1), at.steps - 1
        top = self.rise * at.steps - 1
        first = 1 / self.start
        if step <= top:
            return _wave(first, 1.0, step / top if top > 0 else 1.0)
        return _wave(1.0, first / self.end, (step - top) / (last - top) if last > top else 1.0)


def _wave(start: float, end: float, share: float) -> float:
    """From `start` to `end` along half a cosine wave."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))
