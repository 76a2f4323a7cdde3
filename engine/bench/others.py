"""How much of the processor programs other than the measured ones use. Where they use much, figures mean little."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

DISTURBING = 0.1
"""The share of the processor from which others disturb a round."""


class Others:
    """Looks at the system's clock of work done, less that of this process and of `processes`."""

    def __init__(self, processes: Iterable[int]) -> None:
        self._ours = [psutil.Process(number) for number in (os.getpid(), *processes)]
        self._cores = psutil.cpu_count() or 1
        self._last = self._look()

    def share(self) -> float:
        """The part of the whole processor, 0 to 1, that others have used since it was last asked for."""
        before, self._last = self._last, self._look()
        elapsed, system, ours = (now - then for now, then in zip(self._last, before))
        return min(max((system - ours) / max(elapsed * self._cores, 1e-9), 0.0), 1.0)

    def _look(self) -> tuple[float, float, float]:
        """Seconds: of the clock, of work by all, of work by ours."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        counted_twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        ours = 0.0
        for process in self._ours:
            with suppress(psutil.NoSuchProcess):  # that it has died is told by whoever asks it something
                spent = process.cpu_times()
                ours += spent.user + spent.system
        return time.perf_counter(), sum(times) - idle - counted_twice, ours
