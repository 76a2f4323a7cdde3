"""Batches on the CPU: they are made where they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .inflow import from_host

if TYPE_CHECKING:
    from ..runtime.backend import Backend
    from ..runtime.plan import Plan
    from .feed import Feed


class Inflow:
    """See `inflow.Inflow`."""

    def __init__(self, backend: Backend, feed: Feed) -> None:
        self._feed = feed

    def reserve(self, plan: Plan) -> None:
        """There is no way to go."""

    def release(self) -> None:
        """Nothing was taken."""

    def begin(self, plan: Plan, rows: NDArray[np.int64], share: float, number: int) -> None:
        from_host(self._feed, plan, rows, share, number)
