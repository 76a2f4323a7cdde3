"""How far a method has come, and what it can show already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .result import Result


@dataclass(frozen=True, eq=False)
class Progress:
    """Step `step` of `steps` is done. `partial` is what the result's array would be now; the last one has `result`.

    `figures` are numbers of this step worth a curve, such as {"score": 3.2}.
    """

    step: int
    steps: int
    partial: NDArray[np.float32] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    result: Result | None = None
