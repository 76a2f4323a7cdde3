"""Gradients of pictures too large to be run whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product, repeat
from typing import Any

import numpy as np

from ..cost.receptive import receptive_fields
from .probe import Floats, Probe
from .scales import Scales

Score = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Tile:
    """In one direction: pixels `start` to `stop` are run, the gradients of `first` to `last` among them are kept."""

    start: int
    stop: int
    first: int
    last: int


class Tiled:
    """The gradient of a node's values, tile by tile where a picture is larger than `side` pixels.

    Tiles overlap by the receptive field of the node's units and begin at multiples of their stride, so that the result
    is that of the whole picture. For fields above a quarter of a tile the overlap is a quarter: then units that see
    across a border from further away are missing, which random shifts from step to step spread over the picture.
    """

    def __init__(self, scales: Scales, side: int) -> None:
        self._scales, self._side = scales, side

    def gradient(self, images: Floats, seed: Callable[[Floats], Any], score: Score) -> tuple[Floats, Floats]:
        """The mean of `score(values)` over the tiles, (N,), and the gradient (N, H, W, C) begun with `seed(values)`."""
        gradient, scores = np.empty_like(images), []
        for y, x in self._tiles(images):
            part = np.ascontiguousarray(images[:, y.start : y.stop, x.start : x.stop])
            values, found = self._probe(part).gradient(part, self._scales.node, seed)
            kept = found[:, y.first - y.start : y.last - y.start, x.first - x.start : x.last - x.start]
            gradient[:, y.first : y.last, x.first : x.last] = kept
            scores.append(score(values))
        return np.mean(scores, axis=0), gradient

    def score(self, images: Floats, score: Score) -> Floats:
        """The same mean alone."""
        scores = []
        for y, x in self._tiles(images):
            part = np.ascontiguousarray(images[:, y.start : y.stop, x.start : x.stop])
            scores.append(score(self._probe(part).values(part, self._scales.node)[self._scales.node]))
        found: Floats = np.mean(scores, axis=0)
        return found

    def _probe(self, images: Floats) -> Probe:
        return self._scales.at(images.shape[1], images.shape[2])

    def _tiles(self, images: Floats) -> Iterator[tuple[Tile, Tile]]:
        size = images.shape[1:3]
        if not self._side or max(size) <= self._side:
            return product([Tile(0, size[0], 0, size[0])], [Tile(0, size[1], 0, size[1])])
        probe = self._scales.at(min(size[0], self._side), min(size[1], self._side))
        field = receptive_fields(probe.model.network)[self._scales.node]
        paces = [math.ceil(pace) for pace in field.stride]
        rows, columns = (tiles(*of) for of in zip(size, repeat(self._side), field.size, paces))
        return product(rows, columns)


def tiles(length: int, side: int, field: int, stride: int) -> list[Tile]:
    """Tiles that keep every pixel of `length` once; each runs `side` pixels, those at the end up to a stride more."""
    if length <= side:
        return [Tile(0, length, 0, length)]
    margin = _multiple(min(field, max(side // 4, stride)), stride)
    core = max(stride, (side - 2 * margin) // stride * stride)
    found, farthest = [], (length - side) // stride * stride
    for first in range(0, length, core):
        start = min(max(first - margin, 0), farthest)
        stop = length if start == farthest else start + side
        found.append(Tile(start, stop, first, min(first + core, length)))
    return found


def _multiple(number: int, of: int) -> int:
    return -(-number // of) * of
