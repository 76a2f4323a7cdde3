"""The number in the network that is explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Aim:
    """The number that is explained, one an image: a unit of a node, or the sum of a channel over its positions.

    `channels` holds a channel for each image, or one for all; `positions` (row, column) likewise, None for the whole
    channel. With `by_activation` the gradient begins with the units' own values instead of ones.
    """

    node: str
    channels: tuple[int, ...]
    positions: tuple[tuple[int, int], ...] | None = None
    by_activation: bool = False

    def response(self, values: Floats) -> Floats:
        """The number for each of the node's outputs (N, …)."""
        found: Floats = (values * self._ones(values)).reshape(len(values), -1).sum(1)
        return found

    def seed(self, values: Floats) -> Floats:
        """Where its gradient begins, for the node's outputs (N, …): at the units, with zeros elsewhere."""
        ones = self._ones(values)
        return ones * values if self.by_activation else ones

    def _ones(self, values: Floats) -> Floats:
        seed = np.zeros_like(values)
        for number in range(len(values)):
            channel = _of(self.channels, number)
            if self.positions is None:
                seed[number, ..., channel] = 1
            else:
                seed[(number, *_of(self.positions, number), channel)] = 1
        return seed

    def strongest(self, values: Floats) -> Aim:
        """One unit an image: where each channel responds most, unless the position is given already."""
        if self.positions is not None or values.ndim != 4:
            return self
        maps = [values[number, ..., _of(self.channels, number)] for number in range(len(values))]
        found = [divmod(int(one.argmax()), one.shape[1]) for one in maps]
        return replace(self, positions=tuple(found))

    def at(self, position: tuple[int, int]) -> Aim:
        """The channels' units at one position."""
        return replace(self, positions=(position,))

    def of(self, number: int) -> Aim:
        """The same for any number of copies of the image with this number."""
        positions = None if self.positions is None else (_of(self.positions, number),)
        return replace(self, channels=(_of(self.channels, number),), positions=positions)

    def part(self, start: int, count: int) -> Aim:
        """The same for `count` of the images, from number `start` on."""
        numbers = range(start, start + count)
        positions = None if self.positions is None else tuple(_of(self.positions, n) for n in numbers)
        return replace(self, channels=tuple(_of(self.channels, n) for n in numbers), positions=positions)

    def told(self, values: Floats) -> dict[str, Any]:
        """Node, units and responses, ready for JSON."""
        positions = None if self.positions is None else [list(position) for position in self.positions]
        response = [float(value) for value in self.response(values)]
        return {"node": self.node, "channels": list(self.channels), "positions": positions, "responses": response}


def softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities from class scores (N, classes)."""
    e = np.exp(scores - scores.max(-1, keepdims=True), dtype=np.float64)
    found: NDArray[np.float64] = e / e.sum(-1, keepdims=True)
    return found


def _of(several: tuple[Any, ...], number: int) -> Any:
    return several[min(number, len(several) - 1)]
