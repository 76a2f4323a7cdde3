"""Filters applied to images by the convolution kernel that networks run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..layers.conv.spec import Conv2D
from ..spec import ConvscopeError
from .filters import Filter
from .labels import ROUNDING, number
from .limits import Floats, finite

Border = Literal["shrink", "zeros"]
BORDERS: tuple[str, ...] = get_args(Border)

EXAMPLE = (4, 3, 2, -5, 3, 5, 2, 5, 5, 6)
"""A signal whose means of three are 3, 0, 0, 1, 10/3, 4, 4, 16/3."""


@dataclass(frozen=True, eq=False)
class Filtered:
    """An image before and after a filter. Both arrays have the axes that were given: (W,), (H, W) or (H, W, C).

    With border `shrink` the output has only pixels whose whole window lies in the image; its first one lies at
    `offset` (row, column) of the image.
    """

    filter: Filter | None
    """None where the numbers themselves were given."""
    weights: Floats
    """The filter (R, S)."""
    border: Border
    image: Floats
    output: NDArray[np.float32]
    offset: tuple[int, int]

    def weight_labels(self) -> tuple[tuple[str, ...], ...]:
        """The filter's numbers as texts, row by row."""
        return tuple(tuple(number(value) for value in row) for row in self.weights)

    def label(self, *index: int) -> str:
        """An output value as text; what is only rounding beside the image's largest value is 0."""
        scale = max(1.0, float(np.abs(self.image).max()))
        value = float(self.output[index])
        return number(value if abs(value) > ROUNDING * scale else 0.0)


def apply(filter: Filter | Any, image: Any = EXAMPLE, border: Border = "shrink") -> Filtered:
    """A signal (W,) or an image (H, W) or (H, W, C) filtered, each channel by itself.

    `filter` is a declared one or the numbers of one (R, S), both odd. Like all convolution in networks this does not
    turn the filter around. At the border the result shrinks, or zeros are put around the image and it keeps its size.
    ConvscopeError if the filter is larger than an image to be shrunk.
    """
    values = finite("image", image, (1, 2, 3))
    if border not in BORDERS:
        raise ConvscopeError(f"The border is {str(border)[:40]!r}; use one of {', '.join(BORDERS)}.")
    declared = filter if isinstance(filter, Filter) else None
    weights = _odd(finite("filter", filter, (2,))) if declared is None else declared.weights()
    planes = _planes(values)
    rows, columns = weights.shape
    if border == "shrink" and (rows > planes.shape[1] or columns > planes.shape[2]):
        raise ConvscopeError(
            f"The filter has {rows}×{columns} pixels and the image {planes.shape[1]}×{planes.shape[2]}; use a smaller "
            "filter, a larger image, or zeros around it."
        )
    output = _convolved(planes, weights, "valid" if border == "shrink" else "same")
    offset = (rows // 2, columns // 2) if border == "shrink" else (0, 0)
    return Filtered(declared, weights, border, values, _like(output, values.ndim), offset)


def _odd(weights: Floats) -> Floats:
    """The weights, if they have a middle."""
    rows, columns = weights.shape
    if rows % 2 == 0 or columns % 2 == 0:
        raise ConvscopeError(f"The filter has {rows}×{columns} numbers and so no middle; use odd numbers of each.")
    return weights


def _planes(values: Floats) -> Floats:
    """Each channel as an image of its own: (C, H, W, 1)."""
    image = values.reshape(1, -1, 1) if values.ndim == 1 else values.reshape(*values.shape[:2], -1)
    return image.transpose(2, 0, 1)[..., None]


def _like(output: NDArray[np.float32], axes: int) -> NDArray[np.float32]:
    """(C, H, W, 1) with as many axes as the image had."""
    image = output[..., 0].transpose(1, 2, 0)
    return {1: image[0, :, 0], 2: image[..., 0], 3: image}[axes]


def _convolved(planes: Floats, weights: Floats, padding: str) -> NDArray[np.float32]:
    """A network of one layer, run on each channel as one image of a batch."""
    network = Network((*planes.shape[1:3], 1), "filter")
    network.add(Conv2D(1, weights.shape, padding=padding, bias=False), "filter")
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    model = Model(network)
    model.weights["filter.weight"] = weights[..., None, None]
    return model.predict(planes)
