"""Transposed convolution: every input value lays its filter down in the output, overlaps add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..layers.conv.spec import ConvTranspose2D
from .case import OUTSIDE, reading
from .labels import factor, number
from .limits import Floats, Integers, check_picture, finite

IMAGE = ((1, 2), (3, 4))
FILTER = ((1, 2, 1), (2, 4, 2), (1, 2, 1))


@dataclass(frozen=True, eq=False)
class Transposed:
    """One channel enlarged: `image` (H, W), `weights` (R, S), `output` (OH, OW)."""

    layer: ConvTranspose2D
    image: Floats
    weights: Floats
    output: Floats
    read: Integers
    """The output place (row·OW + column) that each tap writes for each input value (R·S, H·W); OUTSIDE if cut off."""

    def stamp(self, index: int) -> Floats:
        """What the input value of this number (row by row) lays down, in the output's frame (OH, OW)."""
        stamp = np.zeros(self.output.size)
        seen = self.read[:, index] != OUTSIDE
        stamp[self.read[seen, index]] = self.image.ravel()[index] * self.weights.ravel()[seen]
        return stamp.reshape(self.output.shape)

    def until(self, index: int) -> Floats:
        """The output after the input values up to this one were laid down (OH, OW)."""
        return np.asarray(sum(self.stamp(i) for i in range(index + 1)))

    def label(self, row: int, column: int) -> str:
        """`1 · 4 + 2 · 2 = 8` for an output value: all that was laid down there."""
        places = np.argwhere(self.read == row * self.output.shape[1] + column)
        values, taps = self.image.ravel(), self.weights.ravel()
        terms = [f"{factor(values[i])} · {factor(taps[tap])}" for tap, i in sorted(places.tolist(), key=lambda p: p[1])]
        return f"{' + '.join(terms) or '0'} = {number(self.output[row, column])}"

    def sources(self, row: int, column: int) -> list[int]:
        """Numbers of the input values that reach an output value."""
        return sorted({int(i) for _, i in np.argwhere(self.read == row * self.output.shape[1] + column)})


def transposed(image: Any = IMAGE, weights: Any = FILTER, stride: Any = 2, **options: Any) -> Transposed:
    """One channel (H, W) enlarged by ConvTranspose2D with a filter (R, S); `options` are its further parameters.

    ParameterError or ShapeError if they do not fit, ConvscopeError if there are more than LARGEST_PICTURE values.
    """
    values, taps = finite("image", image, (2,)), finite("filter", weights, (2,))
    layer = ConvTranspose2D(1, taps.shape, stride, bias=False, **options)
    rows, columns, _ = layer.infer_shape([(*values.shape, 1)])
    check_picture("table of places", taps.size, values.size, "use a smaller image or filter")
    read = reading(layer.geometry, rows, columns).reshape(taps.size, -1)
    output = np.zeros(rows * columns)
    laid = taps.ravel()[:, None] * values.ravel()
    np.add.at(output, read[read != OUTSIDE], laid[read != OUTSIDE])
    return Transposed(layer, values, taps, output.reshape(rows, columns), read)


def transposed_by_kernels(given: Transposed) -> NDArray[np.float32]:
    """The same output (OH, OW) by the kernels that networks run on."""
    network = Network((*given.image.shape, 1), "transposed")
    network.add(given.layer, "up")
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    model = Model(network)
    model.weights["up.weight"] = given.weights[:, :, None, None]
    return np.asarray(model.forward(given.image[None, :, :, None].astype(np.float32))[0, :, :, 0])
