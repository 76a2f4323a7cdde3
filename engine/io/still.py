"""A model as it is at one moment: all that files for other programs are written from, and what they are to compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.preprocess import Preprocessing
from ..graph import Network

if TYPE_CHECKING:
    from ..runtime.model import Model

_IMAGES, _SEED = 2, 0


@dataclass(frozen=True)
class Answers:
    """Images of random pixels, the network's input for them, and its output."""

    pixels: NDArray[np.float32]
    x: NDArray[np.float32]
    expected: NDArray[np.float32]


@dataclass(frozen=True)
class Still:
    """The parts of a model; without answers, a file written from it cannot be proven."""

    network: Network
    weights: Mapping[str, NDArray[Any]]
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    answers: Answers | None


def still(model: Model, copied: bool = True, asked: bool = True) -> Still:
    """The model now. With `copied` it stays so while the model goes on learning; `asked` runs it on two images."""
    weights = {name: array.copy() if copied else array for name, array in model.weights.items()}
    answers = _answers(model) if asked else None
    return Still(model.network.copy(), weights, model.preprocessing, model.classes, answers)


def _answers(model: Model) -> Answers:
    random = np.random.default_rng(_SEED)
    pixels = random.integers(0, 256, (_IMAGES, *model.network.input)).astype(np.float32)
    x = model.prepare(pixels)
    return Answers(pixels, x, model.predict(x))
