"""Losses as declarations, and where they are taken. What computes them is loaded at first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .base import L2, LOSSES, CrossEntropy, Loss, SmoothL1, loss

if TYPE_CHECKING:
    from .figures import Tally, with_gradient

__all__ = ["L2", "LOSSES", "CrossEntropy", "Loss", "SmoothL1", "Tally", "loss", "with_gradient"]


def __getattr__(name: str) -> Any:
    if name in {"Tally", "with_gradient"}:
        return getattr(importlib.import_module(".figures", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
