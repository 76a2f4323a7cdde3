"""DeepDream as a film: dream, move a little closer, dream on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage

from ..runtime.backend import backend, require_memory
from ..spec.param import integer, number
from .deep_dream import DeepDream
from .journal import Journal
from .probe import Floats
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class DreamZoom(DeepDream):
    """Frames of a dream (T, H, W, C): each is the one before, seen from a little closer and dreamt of again.

    Saved under the name of a folder it becomes numbered PNG files, under a name ending in .gif or .mp4 a film.
    """

    frames: int = integer(100, label="Frames", help="Pictures of the film.", maximum=100_000)
    zoom: float = number(
        0.05, label="Zoom", help="Share of height and width cut off from frame to frame.", minimum=0.0, maximum=0.9
    )

    name = "dream_zoom"
    title = "DeepDream zoom"
    summary = "A film of a dream that is entered ever deeper."
    gives = "sequence"

    def steps(self, question: Question) -> Iterator[Progress]:
        aim, scales, sizes = self.prepared(question)
        journal = Journal(self, question, self.frames * len(sizes) * self.iterations)
        random, images, start = question.random(), question.images, question.images
        size = 4 * self.frames * start.size
        require_memory(backend(question.model.device), size, "The frames", "use fewer frames or a smaller image")
        film = np.empty((len(start), self.frames, *start.shape[1:]), np.float32)
        for frame in range(self.frames):
            base = closer(images, self.zoom) if frame else start
            for whole, score in self.dream(base, aim, scales, sizes, random):
                yield journal.step(film[:, :frame] if frame else partial(_film, whole), score=score)
            film[:, frame] = images = whole()
        yield journal.end(film, self.compared(aim, scales, start, images))


def _film(whole: Callable[[], Floats]) -> Floats:
    """A film of one frame."""
    return whole()[:, None]


def closer(images: Floats, share: float) -> Floats:
    """The middle of images (N, H, W, C), without this share of height and width, enlarged to their size; bilinear."""
    kept = 1 - share
    offset = [0.0, *((length - 1) * share / 2 for length in images.shape[1:3]), 0.0]
    found = ndimage.affine_transform(images, [1.0, kept, kept, 1.0], offset, order=1, mode="nearest")
    return np.asarray(found, np.float32)
