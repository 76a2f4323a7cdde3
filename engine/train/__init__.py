"""Training: loss, optimiser, the run and its events, evaluation.

Events, settings and optimisers are there at once; `fit`, `evaluate` and `TrainRun` load the kernels at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .events import Batch, Changed, Ended, Epoch, Evaluated, Event, Started, Warned
from .optimizer import OPTIMIZERS, SGD, Optimizer
from .schedule import SCHEDULES
from .settings import Settings, TrainingError, suggested

if TYPE_CHECKING:
    from .evaluation import Evaluation, evaluate
    from .fitting import fit
    from .run import TrainRun

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Batch",
    "Changed",
    "Ended",
    "Epoch",
    "Evaluated",
    "Evaluation",
    "Event",
    "Optimizer",
    "Settings",
    "Started",
    "TrainRun",
    "TrainingError",
    "Warned",
    "evaluate",
    "fit",
    "suggested",
]

_LATER = {"fit": ".fitting", "TrainRun": ".run", "evaluate": ".evaluation", "Evaluation": ".evaluation"}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
