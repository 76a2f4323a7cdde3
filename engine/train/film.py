"""Moments of a run kept in memory, so that filters and activations can be replayed while it still goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..runtime.glimpse import Glimpse
from ..spec import Shape
from .internals import weighted

if TYPE_CHECKING:
    from ..runtime.model import Model

MOST_FRAMES = 128
MOST_BYTES = 192 << 20
FRAME_BYTES = 2 << 20
"""Of the weights, and as much of the activations of one image: what is larger is left out of the film."""

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frame:
    """What a network was after so many steps: weights by their full names, and for each pinned image, by its key, the
    outputs of layers, and the probabilities of the classes.
    """

    step: int
    weights: Mapping[str, FloatArray]
    activations: Mapping[Any, Mapping[str, FloatArray]] = field(default_factory=dict)
    probabilities: Mapping[Any, FloatArray] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes its arrays take."""
        parts = (self.weights, self.probabilities, *self.activations.values())
        return sum(array.nbytes for part in parts for array in part.values())


def photograph(model: Model, step: int, pinned: Mapping[Any, NDArray[Any]]) -> Glimpse[Frame]:
    """A frame of the model as it is: `pinned` are images, pixels 0–255 (h, w, C) of any sizes, by their keys."""
    layers = [f"{layer}.weight" for layer in weighted(model.network)]
    weights = model.glimpse_weights(_small({name: model.weights.known(name).shape for name in layers}))
    shapes = model.network.shapes()
    nodes = _small({node.name: shapes[node.name] or () for node in model.network.order()})
    wanted = dict.fromkeys([*nodes, model.network.output])
    seen = {key: model.glimpse_outputs(model.prepare(pixels[None]), wanted) for key, pixels in pinned.items()}

    def frame(found: Mapping[str, Any]) -> Frame:
        outputs = found["outputs"]
        chances = {key: model.as_probabilities(of[model.network.output])[0] for key, of in outputs.items()}
        return Frame(step, found["weights"], {k: {n: of[n][0] for n in nodes} for k, of in outputs.items()}, chances)

    parts: dict[str, Glimpse[Any]] = {"weights": weights, "outputs": Glimpse.joined(seen)}
    return Glimpse.joined(parts).then(frame)


def _small(shapes: Mapping[str, Shape]) -> list[str]:
    """Those arrays, in order, that have room in a frame."""
    left, found = FRAME_BYTES, []
    for name, shape in shapes.items():
        if (nbytes := 4 * math.prod(shape)) <= left:
            found.append(name)
            left -= nbytes
    return found


class Film:
    """Frames of one run, first to last, evenly spaced over its steps as far as it has come.

    Where they are too many, every second one goes, and the next ones are taken twice as far apart; the first stays.
    """

    def __init__(self, most_frames: int = MOST_FRAMES, most_bytes: int = MOST_BYTES) -> None:
        self._most_frames, self._most_bytes = most_frames, most_bytes
        self._frames: list[Frame] = []
        self._gap = 1

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, place: int) -> Frame:
        return self._frames[place]

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    @property
    def steps(self) -> tuple[int, ...]:
        """Of each frame, how many steps the network had learned."""
        return tuple(frame.step for frame in self._frames)

    def wants(self, step: int) -> bool:
        """Whether a frame after so many steps is due."""
        return not self._frames or step >= self._frames[-1].step + self._gap

    def add(self, frame: Frame) -> None:
        """Put a frame at the end; those of the same step and later ones go, since they were undone."""
        self._frames = [one for one in self._frames if one.step < frame.step]
        self._frames.append(frame)
        while len(self._frames) > self._most_frames or (len(self._frames) > 2 and self._nbytes() > self._most_bytes):
            self._frames = self._frames[::2]
            steps = self.steps
            self._gap = max(2 * self._gap, (steps[-1] - steps[0]) // max(len(steps) - 1, 1))

    def clear(self) -> None:
        """Begin anew."""
        self._frames.clear()
        self._gap = 1

    def _nbytes(self) -> int:
        return sum(frame.nbytes for frame in self._frames)
