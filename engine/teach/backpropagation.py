"""The way back through a convolution, term by term: from the gradient of its output to those of image and filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..spec import ConvscopeError, format_shape
from .case import OUTSIDE, Case, case, filter_taps, from_planes, picked, planes, reading_of_channels
from .labels import factor, number
from .limits import Floats, Integers, check_picture, finite


@dataclass(frozen=True)
class Share:
    """One term of a gradient: `gradient` of the output at `output` (row, column, filter) times `other`.

    For a pixel `other` is the weight of `tap` (r, s, channel, filter), for a weight the value of `pixel` (row, column,
    channel): the output came about through both.
    """

    output: tuple[int, int, int]
    tap: tuple[int, int, int, int]
    pixel: tuple[int, int, int]
    gradient: float
    other: float

    def __str__(self) -> str:
        return f"{factor(self.gradient)} · {factor(self.other)}"


@dataclass(frozen=True, eq=False)
class Backpropagation:
    """The chain rule through S = X ∗ F: `dx` (H, W, C) and `dw` (R, S, C/groups, K) for `ds` (OH, OW, K).

    A pixel collects, from every output that saw it, that output's gradient times the weight between them; a weight
    collects it times the pixel it met (LeCun et al. 1989; Dumoulin & Visin 2016, §4.2). `db` (K,) are the sums that a
    bias would get.
    """

    case: Case
    ds: Floats
    dx: Floats
    dw: Floats
    db: Floats
    _read: Integers
    _taps: Integers

    def of_pixel(self, row: int, column: int, channel: int = 0) -> tuple[Share, ...]:
        """The terms of dX at a pixel."""
        height, width, _ = self.case.image.shape
        wanted = (channel * height + row) * width + column
        return tuple(s for s in self._shares(np.argwhere(self._read == wanted), of_pixel=True))

    def of_weight(self, r: int, s: int, channel: int = 0, filter: int = 0) -> tuple[Share, ...]:
        """The terms of dF at a weight; windows whose tap lies in the padding give none."""
        wanted = int(np.ravel_multi_index((r, s, channel, filter), self.case.weights.shape))
        rows = np.flatnonzero(self._taps[filter] == wanted)
        places = [(row, window) for row in rows for window in np.flatnonzero(self._read[row] != OUTSIDE)]
        return tuple(self._shares(places, of_pixel=False, filter=filter))

    def _shares(self, places: Any, of_pixel: bool, filter: int | None = None) -> list[Share]:
        """Terms for (tap row, window) places of the reading table, for one filter or for all that read there."""
        _, width, _ = self.case.image.shape
        found = []
        for row, window in places:
            for k in range(self.case.layer.filters) if filter is None else (filter,):
                number_of_tap = int(self._taps[k, row])
                if number_of_tap == OUTSIDE:
                    continue
                r, s, depth, _ = (int(i) for i in np.unravel_index(number_of_tap, self.case.weights.shape))
                channel, place = divmod(int(self._read[row, window]), self.case.image.shape[0] * width)
                pixel, output = (*divmod(place, width), channel), (*divmod(int(window), self.case.output[1]), k)
                other = self.case.weights[r, s, depth, k] if of_pixel else self.case.image[pixel]
                found.append(Share(output, (r, s, depth, k), pixel, float(self.ds[output]), float(other)))
        return sorted(found, key=lambda share: share.output)


def told(shares: tuple[Share, ...]) -> str:
    """`1 · 2 + 3 · 4 = 14`, and `0` where nothing depends on it."""
    if not shares:
        return "0"
    total = sum(share.gradient * share.other for share in shares)
    return f"{' + '.join(map(str, shares))} = {number(total)}"


def backpropagation(image: Any, weights: Any, ds: Any = None, **geometry: Any) -> Backpropagation:
    """The gradients for arrays and `geometry` as `toeplitz` takes them, and a gradient `ds` (OH, OW, K), else ones.

    ConvscopeError if `ds` has another shape or the tables would be too large to be looked at.
    """
    given = case(image, weights, **geometry)
    check_picture("table of windows", given.taps, given.windows, "use a smaller image or filter, or a larger stride")
    gradient = np.ones(given.output) if ds is None else finite("gradient of the output", ds, (3,))
    if gradient.shape != given.output:
        raise ConvscopeError(
            f"The gradient has shape {gradient.shape} and the output is {format_shape(given.output)}; give one number "
            "for each of its values."
        )
    read, taps = reading_of_channels(given), filter_taps(given)
    flat = planes(gradient).reshape(given.layer.filters, -1)  # (K, OH·OW)
    spread = picked(given.weights, taps).T @ flat  # (C·R·S, OH·OW): what each tap of each window hands back
    dx = np.zeros(given.image.size)
    np.add.at(dx, read[read != OUTSIDE], spread[read != OUTSIDE])
    collected = flat @ picked(planes(given.image), read).T  # (K, C·R·S)
    dw = np.zeros(given.weights.size)
    np.add.at(dw, taps[taps != OUTSIDE], collected[taps != OUTSIDE])
    shapes = given.image.shape, given.weights.shape
    return Backpropagation(given, gradient, from_planes(dx, shapes[0]), dw.reshape(shapes[1]), flat.sum(1), read, taps)


@dataclass(frozen=True, eq=False)
class KernelGradients:
    """What the backward kernels make of the same case."""

    dx: NDArray[np.float32]
    dw: NDArray[np.float32]

    def distance(self, other: Backpropagation) -> float:
        """The largest difference, beside the largest number: rounding is below 1e-6."""
        return max(_distance(self.dx, other.dx), _distance(self.dw, other.dw))


def gradients_by_kernels(given: Backpropagation) -> KernelGradients:
    """The case run forward and back by the convolution kernels that networks run on."""
    network = Network(given.case.image.shape, "case")
    network.add(given.case.layer, "conv")
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    model = Model(network)
    model.weights["conv.weight"] = given.case.weights
    model.forward(given.case.image[None].astype(np.float32))
    dx = model.backward(given.ds[None])[0].copy()
    return KernelGradients(dx, model.gradients["conv.weight"].copy())


def _distance(ours: NDArray[np.float32], other: Floats) -> float:
    return float(np.abs(ours - other).max()) / max(1.0, float(np.abs(other).max()))
