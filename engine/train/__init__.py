"""Training: loss, optimiser, the run and its events, evaluation.

Events, settings and optimisers are there at once; `fit`, `evaluate` and `TrainRun` load the kernels at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .events import Batch, Changed, Ended, Epoch, Evaluated, Event, Started, Warned
from .loss import LOSSES, Loss
from .optimizer import OPTIMIZERS, SGD, Optimizer
from .recipes import RECIPES, Recipe
from .schedule import SCHEDULES, Schedule
from .settings import Settings, TrainingError, suggested
from .stopping import EarlyStopping
from .targets import Targets

if TYPE_CHECKING:
    from .evaluation import Evaluation, evaluate
    from .fitting import fit
    from .rate_range import RangeTest, range_test
    from .run import TrainRun

__all__ = [
    "LOSSES",
    "OPTIMIZERS",
    "RECIPES",
    "SCHEDULES",
    "SGD",
    "Batch",
    "Changed",
    "EarlyStopping",
    "Ended",
    "Epoch",
    "Evaluated",
    "Evaluation",
    "Event",
    "Loss",
    "Optimizer",
    "RangeTest",
    "Recipe",
    "Schedule",
    "Settings",
    "Started",
    "Targets",
    "TrainRun",
    "TrainingError",
    "Warned",
    "evaluate",
    "fit",
    "range_test",
    "suggested",
]

_LATER = {
    "fit": ".fitting",
    "TrainRun": ".run",
    "evaluate": ".evaluation",
    "Evaluation": ".evaluation",
    "RangeTest": ".rate_range",
    "range_test": ".rate_range",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
