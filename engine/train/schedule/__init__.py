"""Learning-rate schedules as declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...spec import find
from .base import Moment, Schedule
from .plateau import Plateau
from .shapes import Constant, Cosine, OneCycle, Step

SCHEDULES: Mapping[str, type[Schedule]] = {kind.name: kind for kind in (Cosine, Step, Plateau, OneCycle, Constant)}
"""Schedules by name."""


def schedule(given: str | Mapping[str, Any] | Schedule) -> Schedule:
    """A schedule from its name (with parameters: "step:every=30,factor=0.5"), its JSON form or an instance."""
    return find(SCHEDULES, given)


__all__ = ["SCHEDULES", "Constant", "Cosine", "Moment", "OneCycle", "Plateau", "Schedule", "Step", "schedule"]
