"""Two heat maps of one image against each other."""

from __future__ import annotations

import numpy as np

from ..spec import ConvscopeError
from .pictures import unit_range
from .result import Result


def difference(one: Result, other: Result, as_they_are: bool = False) -> Result:
    """One map minus another, (H, W, 1): lighter than grey where the first has more, darker where the second has.

    Each is first brought to 0 … 1, because methods measure in units of their own; not so `as_they_are`. Of signed
    gradients the sizes are compared. ConvscopeError for results that are no maps of one size.
    """
    maps = [_sizes(result) for result in (one, other)]
    if maps[0].shape != maps[1].shape:
        raise ConvscopeError(
            f"The maps have {maps[0].shape[0]}×{maps[0].shape[1]} and {maps[1].shape[0]}×{maps[1].shape[1]} pixels; "
            "compare maps of one size."
        )
    first, second = maps if as_they_are else [unit_range(found) for found in maps]
    found = np.asarray(first - second, np.float32)
    config = {"of": [one.meta["config"] | {"method": one.method}, other.meta["config"] | {"method": other.method}]}
    scores = {"mean difference": float(np.abs(found).mean()), "greatest": float(np.abs(found).max())}
    return Result("difference", "heat map", found[..., None], one.image, {**config, "scaled": not as_they_are}, scores)


def _sizes(result: Result) -> np.ndarray:
    if result.kind != "heat map" or result.batched:
        raise ConvscopeError(f"A result of {result.method} is no heat map of one image; compare heat maps.")
    return result.array if result.array.ndim == 2 else np.abs(result.array).max(-1)
