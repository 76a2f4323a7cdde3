"""How a batch comes into a plan's input. Each device has a module of its own for it.

`inflow_cpu.py` and `inflow_cuda.py` hold a class `Inflow` of this form; `runtime.backend.variant` finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import cpu

if TYPE_CHECKING:
    from ..runtime.backend import Backend
    from ..runtime.plan import Plan
    from .feed import Feed


class Inflow(Protocol):
    """Brings the images of a feed to plans of a backend."""

    def __init__(self, backend: Backend, feed: Feed) -> None: ...

    def reserve(self, plan: Plan) -> None:
        """Take the memory that batches of this plan need on their way; NoMemoryError if there is none."""

    def release(self) -> None:
        """Give it back; it is taken again when it is needed."""

    def begin(self, plan: Plan, rows: NDArray[np.int64], share: float, number: int) -> None:
        """Begin step `number` of a plan on the images `rows`; with a `share` below 1 each is mixed with another.

        The caller holds `compute.exclusive`.
        """


def made(backend: Backend, feed: Feed) -> Inflow:
    """The device's own."""
    from ..runtime.backend import variant  # noqa: PLC0415

    found: Inflow = variant(__package__ or "", "inflow", backend.name).Inflow(backend, feed)
    return found


def from_host(feed: Feed, plan: Plan, rows: NDArray[np.int64], share: float, number: int) -> None:
    """Make the batch on the processor."""
    given: Any = plan.input
    feed.fill(rows, given)
    if share < 1:
        cpu.mix(given.reshape(len(rows), -1), share)
    plan.begin_step(number)
