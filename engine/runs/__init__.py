"""Runs that survive: each training run is a folder with its recipe, events and checkpoints, and a store finds them.

store = RunStore()
for event in store.start(model, dataset, epochs=5, name="baseline"):
    ...
for event in store.resume("baseline"):       # after a crash: the weights of the uninterrupted run, bit for bit
    ...
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import RunError
from .intervals import Interval
from .keeping import Keeping

if TYPE_CHECKING:
    from .comparison import Comparison
    from .data_identity import DataSource
    from .recording import Recording
    from .store import RunStore, default_folder
    from .summary import RunSummary

__all__ = [
    "Comparison",
    "DataSource",
    "Interval",
    "Keeping",
    "Recording",
    "RunError",
    "RunStore",
    "RunSummary",
    "default_folder",
]

_LATER = {
    "Comparison": ".comparison",
    "DataSource": ".data_identity",
    "Recording": ".recording",
    "RunStore": ".store",
    "RunSummary": ".summary",
    "default_folder": ".store",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
