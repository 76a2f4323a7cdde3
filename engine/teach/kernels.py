"""What the convolution kernels that networks run on make of a small case, to hold the pictures against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from .case import Case
from .limits import Floats


@dataclass(frozen=True, eq=False)
class KernelResult:
    """`output` (OH, OW, K) of the convolution, and what its backward pass spreads over the image (H, W, C)."""

    output: NDArray[np.float32]
    spread: NDArray[np.float32]

    def distance(self, output: Any, spread: Any) -> float:
        """The largest difference from other results, beside the largest number in them: rounding is below 1e-6."""
        return max(_distance(self.output, output), _distance(self.spread, spread))


def by_kernels(case: Case) -> KernelResult:
    """The case run forward as a layer of a network, and its output sent back as if it were a gradient."""
    height, width, channels = case.image.shape
    network = Network((height, width, channels), "case")
    network.add(case.layer, "conv")
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    model = Model(network)
    model.weights["conv.weight"] = case.weights
    output = model.forward(case.image[None].astype(np.float32)).copy()
    return KernelResult(output[0], model.backward(output)[0].copy())


def _distance(ours: NDArray[np.float32], other: Floats) -> float:
    scale = max(1.0, float(np.abs(other).max()))
    return float(np.abs(ours - other).max()) / scale
