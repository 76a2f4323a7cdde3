"""The check that comes before every comparison: both sides compute the same function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import ConvscopeError

NETWORK_TOLERANCE = 1e-3
"""For a network's output: far above what rounding leaves after dozens of layers, far below any mistake."""

PASS_TOLERANCE = 1e-4
"""For one pass of a convolution, computed by Winograd at worst."""

TF32_TOLERANCE = 2e-2
"""For either where a side multiplies in TF32: twenty times what its ten bits of mantissa leave of a number."""


def relative_error(value: NDArray[Any], reference: NDArray[Any]) -> float:
    """‖value − reference‖ / ‖reference‖, in float64."""
    exact = reference.astype(np.float64)
    return float(np.linalg.norm(value - exact) / np.linalg.norm(exact))


def agreed(theirs: NDArray[Any], ours: NDArray[Any], what: str, tolerance: float) -> float:
    """Relative error of a result; ConvscopeError if it is another function's, whose speed would mean nothing."""
    error = relative_error(theirs, ours) if theirs.shape == ours.shape else np.inf
    if not error <= tolerance:
        raise ConvscopeError(
            f"{what} and Convscope compute different functions (relative error {error:.1e}), so their speeds cannot be "
            "compared; please report this."
        )
    return error
