"""Max pooling and its way back, window by window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..layers.pool.spec import MaxPool2D
from .case import OUTSIDE, reading
from .labels import number
from .limits import Floats, Integers, check_picture, finite

EXAMPLE = ((1, 1, 2, 4), (5, 6, 7, 8), (3, 2, 1, 0), (1, 2, 3, 4))
"""A 4×4 image whose 2×2 maxima are 6 8 / 3 4."""


@dataclass(frozen=True, eq=False)
class MaxPooling:
    """One channel pooled: the maxima, where they were, and what unpooling makes of them."""

    layer: MaxPool2D
    image: Floats
    """(H, W)."""
    output: Floats
    """The maximum of each window (OH, OW)."""
    switches: Integers
    """Where in its window each maximum is, r·S + s: the first of equal ones (OH, OW)."""
    pixels: Integers
    """(row, column) in the image of each maximum (OH, OW, 2)."""
    read: Integers
    """The pixel (row·W + column) that each place of each window reads; OUTSIDE (−1) in the padding (OH, OW, R·S)."""

    @property
    def unpooled(self) -> Floats:
        """The maxima put back where they were and zeros elsewhere (H, W); where windows share one, they add up."""
        result = np.zeros_like(self.image)
        np.add.at(result, (self.pixels[..., 0], self.pixels[..., 1]), self.output)
        return result

    def label(self, row: int, column: int) -> str:
        """`max(1, 1, 5, 6) = 6` for a window; places in the padding do not count."""
        seen = [p for p in self.read[row, column].tolist() if p != OUTSIDE]
        values = ", ".join(number(v) for v in self.image.ravel()[seen])
        return f"max({values}) = {number(self.output[row, column])}"


def max_pooling(image: Any = EXAMPLE, kernel: Any = 2, stride: Any = 2, **options: Any) -> MaxPooling:
    """One channel (H, W), pooled by MaxPool2D with these parameters; `options` are its padding, ceil_mode and dilation.

    ParameterError or ShapeError if they do not fit, ConvscopeError if there are more than LARGEST_PICTURE values.
    """
    values = finite("image", image, (2,))
    layer = MaxPool2D(kernel, stride, **options)
    rows, columns, _ = layer.infer_shape([(*values.shape, 1)])
    places = layer.kernel[0] * layer.kernel[1]
    check_picture("table of windows", rows * columns, places, "use a smaller image or a larger stride")
    read = reading(layer.geometry, *values.shape).T.reshape(rows, columns, places)
    seen = np.where(read == OUTSIDE, -np.inf, values.ravel()[read])
    switches = seen.argmax(2)
    winners = np.take_along_axis(read, switches[..., None], 2)[..., 0]
    pixels = np.stack(np.unravel_index(winners, values.shape), -1)
    return MaxPooling(layer, values, seen.max(2), switches, pixels, read)
