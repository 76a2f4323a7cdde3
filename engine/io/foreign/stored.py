"""An array in a file of weights, before it is read: its shape and element type are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...spec import Shape

BFLOAT16 = "bfloat16"
"""A type that NumPy lacks: the upper half of a float32."""

FLOATS = frozenset({"float32", "float16", "float64", BFLOAT16})


@dataclass(frozen=True)
class Stored:
    """An array that `content` reads, flat, when it is wanted."""

    shape: Shape
    dtype: str
    content: Callable[[], NDArray[Any]]

    def read(self) -> NDArray[np.float32]:
        """The array as float32; ValueError where the file ends too early."""
        flat = self.content()
        if self.dtype == BFLOAT16:
            flat = (flat.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        if flat.size != math.prod(self.shape):
            raise ValueError("the file ends too early")
        return flat.astype(np.float32).reshape(self.shape)
