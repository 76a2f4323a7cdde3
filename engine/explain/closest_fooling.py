"""The nearest image that the network takes for another class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..spec.param import integer, number
from .fooling import Goal, outcome
from .method import Method
from .progress import Progress
from .question import Floats, Question

_DOUBLINGS = 12  # of c, to find one that is too large


@dataclass(frozen=True)
class ClosestFooling(Method):
    """Minimises c·‖r‖² + loss(x + r) with the pixels of x + r kept in the box, for the largest c that still fools.

    r is measured in shares of 255. The largest c is searched by doubling and halving, then by bisection.
    `extras["perturbation"]` is r in pixel units.
    """

    c: float = number(
        0.01, label="c", help="Weight of the distance at first.", minimum=0.0, maximum=1e6, open_ends=True
    )
    bisections: int = integer(8, label="Bisections", help="How often the interval of c is halved.", maximum=60)
    iterations: int = integer(40, label="Iterations", help="Most iterations of L-BFGS for one c.", maximum=10_000)

    name = "closest_fooling"
    title = "Closest fooling image"
    source = "Szegedy, Zaremba, Sutskever, Bruna, Erhan, Goodfellow & Fergus 2013, Intriguing Properties, section 4.1"
    summary = "The smallest change that makes the network see another class."
    gives = "image"
    asks = frozenset({"image", "target"})

    def steps(self, question: Question) -> Iterator[Progress]:
        goal, total = Goal(question), (_DOUBLINGS + self.bisections) * len(question.images)
        best = question.images.copy()
        done, weights = 0, []
        for which, image in enumerate(question.images):
            search = _Search(goal.of(which), image, self.iterations)
            for _ in search.found(self.c, self.bisections):
                done = min(done + 1, total - 1)
                best[which] = search.best if search.best is not None else image
                yield Progress(done, total, question.shown(best.copy()), {"c": search.largest})
            weights.append(search.largest)
        yield outcome(self, question, goal, best, steps=total, scores={"c": weights})


class _Search:
    """The search for one image. `best` is the nearest image so far that fools, found with the weight `largest`."""

    def __init__(self, goal: Goal, image: Floats, iterations: int) -> None:
        self._goal, self._image, self._iterations = goal, image, iterations
        self.best: Floats | None = None
        self.largest = 0.0

    def found(self, c: float, bisections: int) -> Iterator[None]:
        low, high = 0.0, 0.0
        for _ in range(_DOUBLINGS):
            fooled = self._try(c)
            yield
            if fooled:
                low, c = c, c * 2 if not high else (c + high) / 2
            else:
                high, c = c, c / 4 if not low else (low + c) / 2
            if low and high:
                break
        for _ in range(bisections if low and high else 0):
            c = (low + high) / 2
            low, high = (c, high) if self._try(c) else (low, c)
            yield

    def _try(self, c: float) -> bool:
        """Minimise for one c; keep the image if it fools and is nearer."""
        flat = self._image.reshape(-1).astype(np.float64) / 255
        bounds = list(zip(-flat, 1 - flat))

        def objective(r: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            pixels = ((flat + r) * 255).astype(np.float32).reshape(1, *self._image.shape)
            loss, gradient, _ = self._goal.loss(pixels)
            slope = gradient.reshape(-1).astype(np.float64) * 255 + 2 * c * r
            return float(loss[0]) + c * float(r @ r), slope

        found = minimize(
            objective,
            np.zeros_like(flat),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": self._iterations},
        )
        pixels = np.clip((flat + found.x) * 255, 0, 255).astype(np.float32).reshape(self._image.shape)
        _, _, shares = self._goal.loss(pixels[None])
        fooled = bool(self._goal.reached(shares)[0])
        if fooled and (self.best is None or self._distance(pixels) < self._distance(self.best)):
            self.best, self.largest = pixels, c
        return fooled

    def _distance(self, pixels: Floats) -> float:
        return float(np.square(pixels - self._image, dtype=np.float64).sum())
