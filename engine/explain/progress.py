"""How far a method has come, and what it can show already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .result import Result


@dataclass(frozen=True, eq=False)
class Progress:
    """Step `step` of `steps` is done; the last one has the `result`.

    `partial` is what the result's array would be now, of the same shape. `figures` are numbers of this step worth a
    curve, such as {"score": 3.2}.
    """

    step: int
    steps: int
    partial: NDArray[np.float32] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    result: Result | None = None

    @classmethod
    def last(cls, result: Result, steps: int = 1) -> Progress:
        """All is done."""
        return cls(steps, steps, result.array, result=result)
