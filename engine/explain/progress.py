"""How far a method has come, and what it can show already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .result import Result


@dataclass(frozen=True, eq=False)
class Progress:
    """Step `step` of `steps` is done; the last one has the `result`.

    `picture` is what the result's array would be now, or makes it: many are never looked at. `figures` are numbers of
    this step worth a curve, such as {"score": 3.2}.
    """

    step: int
    steps: int
    picture: NDArray[np.float32] | Callable[[], NDArray[np.float32]] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    result: Result | None = None

    @cached_property
    def partial(self) -> NDArray[np.float32] | None:
        """What the result's array would be now, of the same shape; None while nothing can be shown."""
        return self.picture() if callable(self.picture) else self.picture

    @classmethod
    def last(cls, result: Result, steps: int = 1) -> Progress:
        """All is done."""
        return cls(steps, steps, result.array, result=result)
