"""The mean of all training images, as a value that can be compared, hashed and kept with a preprocessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import ConvscopeError


@dataclass(frozen=True)
class MeanImage:
    """An image of (H, W, C) finite float32 values that nobody can change."""

    shape: tuple[int, int, int]
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, array: NDArray[Any]) -> MeanImage:
        """From an array (H, W, C); ConvscopeError for another form or values that are not finite."""
        values = np.ascontiguousarray(array, np.float32)
        if values.ndim != 3 or 0 in values.shape or values.shape[2] not in {1, 3} or not np.isfinite(values).all():
            raise ConvscopeError(
                f"The mean image is {array.dtype} {array.shape}; use finite values (height, width, 1 or 3)."
            )
        height, width, channels = values.shape
        return cls((height, width, channels), values.tobytes())

    @property
    def array(self) -> NDArray[np.float32]:
        """The values, read-only."""
        return np.frombuffer(self.data, np.float32).reshape(self.shape)
