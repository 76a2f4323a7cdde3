"""The record of a method of many steps: figures of each, pictures on the way, and the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .method import Method
from .progress import Progress
from .question import Question

Floats = NDArray[np.float32]


class Journal:
    """Turns each step of `method` into Progress. Figures come as one number an image; their means are told.

    The result's `history` holds the means of each step, its `extras` the curves of every image by name, (N, steps).
    Pictures handed in are shown as they are and must not be changed afterwards.
    """

    def __init__(self, method: Method, question: Question, steps: int) -> None:
        self._method, self._question, self._steps = method, question, steps
        self._figures: list[dict[str, NDArray[np.float64]]] = []

    def step(self, pictures: Floats | Callable[[], Floats], **figures: Any) -> Progress:
        """One step is done, and `pictures` (N, …), or what makes them, is where it led."""
        self._figures.append({name: np.asarray(of, np.float64) for name, of in figures.items()})
        shown = self._question.shown
        picture = (lambda: shown(pictures())) if callable(pictures) else shown(pictures)
        return Progress(len(self._figures), self._steps, picture, _means(self._figures[-1]))

    def end(self, pictures: Floats, scores: Mapping[str, Any], shown: Floats | None = None) -> Progress:
        """The last Progress, with the result; `shown` are stronger pictures to be drawn in place of faint ones."""
        names = self._figures[-1] if self._figures else {}
        curves = {name: np.stack([of[name] for of in self._figures], -1) for name in names}
        result = self._method.result(
            self._question,
            pictures,
            scores,
            history=tuple(_means(of) for of in self._figures),
            extras=curves,
            shown=shown,
        )
        return Progress(self._steps, self._steps, result.array, _means(names), result)


def _means(figures: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    return {name: float(of.mean()) for name, of in figures.items()}
