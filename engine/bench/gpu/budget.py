"""Time shared between stages, so that the whole ends when it must."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class Budget:
    """So many seconds in all, of which each stage gets its part by weight; what one leaves the others have."""

    def __init__(self, seconds: float, weights: Mapping[str, float], now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._began = now, now()
        self._end = self._began + seconds
        self._weights = dict(weights)
        self._stage_end = self._end

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return self._now() - self._began

    @property
    def rest(self) -> float:
        """Seconds until the end of all."""
        return self._end - self._now()

    def begin(self, stage: str) -> None:
        """From here on time is this stage's."""
        self._stage_end = self._now() + self.rest * self._weights[stage] / sum(self._weights.values())
        del self._weights[stage]

    @property
    def left(self) -> float:
        """Seconds that the stage still has."""
        return self._stage_end - self._now()
