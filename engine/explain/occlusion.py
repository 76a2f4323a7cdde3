"""What the network loses when a patch of the image is covered, for a patch at every place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ..spec import ConvscopeError
from ..spec.param import choice, integer
from . import partial
from .aim import Aim, softmax
from .method import Method
from .progress import Progress
from .question import Floats, Question

_BLUR = 0.5  # standard deviation as a share of the patch


@dataclass(frozen=True)
class Occlusion(Method):
    """How much the answer falls when a patch hides each pixel, averaged over the patches that hide it.

    The answer is the probability (or raw score) of a class, or the summed response of a layer's channel, by default
    the one that responds most. Patches at the right and lower border are cut off there. `extras["answers"]` holds the
    answer for each place of the patch, rows by columns; only what a patch can have changed is computed again.
    """

    patch: int = integer(8, label="Patch", help="Side of the square patch.", unit="px")
    stride: int = integer(4, label="Stride", help="Pixels from one place of the patch to the next.", unit="px")
    fill: str = choice(
        "mean",
        ("mean", "black", "blur"),
        label="Fill",
        help="What covers the image: the mean of the preprocessing, black, or the image itself, blurred.",
    )
    of: str = choice(
        "probability",
        ("probability", "score"),
        label="Of",
        help="Whether the class's probability or its raw score is watched; a layer's channel is always watched raw.",
    )

    name = "occlusion"
    title = "Occlusion"
    source = "Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, section 4.2"
    summary = "What the network cannot do without: the score falls where it matters."

    def parameter_problems(self) -> list[str]:
        if self.stride > self.patch:
            return [f"stride {self.stride} would skip pixels between patches of {self.patch}: use 1 to {self.patch}"]
        return []

    def steps(self, question: Question) -> Iterator[Progress]:
        images, aim = question.images, question.aim()
        rows, columns = self._places(images.shape[1:3])
        heat = np.zeros(images.shape[:3], np.float64)
        answers = np.empty((len(images), len(rows), len(columns)), np.float32)
        values = question.probe.values(images, aim.node)[aim.node]
        before = self._answer(aim, values, question)
        total, done = len(images) * len(rows) * len(columns), 0
        cover = _counts(images.shape[1:3], rows, columns, self.patch)
        for which, image in enumerate(images):
            boxes = self._boxes(question, image, rows, columns)
            flat = answers[which].reshape(-1)
            for part, found in partial.after(question.probe.model, aim.node, question.probe.input_of(image), boxes):
                flat[part] = self._answer(aim.of(which), found, question)
                self._spread(heat[which], before[which] - flat[part], part, rows, columns)
                done += part.stop - part.start
                if done < total:
                    yield Progress(done, total, question.shown((heat / cover).astype(np.float32)))
        drop = (heat / cover).astype(np.float32)
        watched = self.of if question.layer is None else "response"
        scores = {**aim.told(values), "of": watched, "before": before.tolist()}
        yield Progress.last(self.result(question, drop, scores, extras={"answers": answers}), total)

    def _answer(self, aim: Aim, values: Floats, question: Question) -> Floats:
        """The number watched, for each of the node's outputs."""
        if question.layer is not None or self.of == "score":
            return aim.response(values)
        return aim.response(softmax(values).astype(np.float32))

    def _places(self, size: tuple[int, ...]) -> tuple[range, range]:
        """Where the patch begins, in rows and columns: every pixel is covered."""
        height, width = size[0], size[1]
        if self.patch > min(height, width):
            raise ConvscopeError(
                f"The patch of {self.patch} pixels is larger than the image, {height}×{width}; "
                f"use 1 to {min(height, width)}."
            )
        beyond = self.stride - self.patch
        return range(0, height + beyond, self.stride), range(0, width + beyond, self.stride)

    def _boxes(self, question: Question, image: Floats, rows: range, columns: range) -> partial.Boxes:
        """The covered patches as boxes of network input; those cut off at the border begin further in."""
        height, width = image.shape[:2]
        cover, size = self._cover(question, image), self.patch
        places = np.array([(row, column) for row in rows for column in columns], np.int64)
        starts = np.minimum(places, np.array([height - size, width - size]))

        def values(part: slice) -> Floats:
            found = np.empty((part.stop - part.start, size, size, image.shape[2]), np.float32)
            for box, (row, column), (top, left) in zip(found, starts[part].tolist(), places[part].tolist()):
                here = np.s_[row : row + size, column : column + size]
                hidden = np.s_[top - row :, left - column :]
                box[...] = image[here]
                box[hidden] = cover[here][hidden]
            return question.probe.input_at(found, starts[part])

        return partial.Boxes(starts, (size, size), values)

    def _cover(self, question: Question, image: Floats) -> Floats:
        if self.fill == "black":
            return np.zeros_like(image)
        if self.fill == "mean":
            return question.mean_image()
        planes = [Image.fromarray(np.ascontiguousarray(image[..., c])) for c in range(image.shape[2])]
        radius = ImageFilter.GaussianBlur(self.patch * _BLUR)
        eight = [plane.convert("L").filter(radius) for plane in planes]
        return np.stack([np.asarray(plane, np.float32) for plane in eight], -1)

    def _spread(self, heat: NDArray[np.float64], drops: Floats, part: slice, rows: range, columns: range) -> None:
        """Add each patch's drop to the pixels that it hides."""
        for number, drop in zip(range(part.start, part.stop), drops):
            top, left = rows[number // len(columns)], columns[number % len(columns)]
            heat[top : top + self.patch, left : left + self.patch] += drop


def _counts(size: tuple[int, ...], rows: range, columns: range, patch: int) -> NDArray[np.float64]:
    """How many patches hide each pixel, (H, W)."""
    height, width = size[0], size[1]
    counts = np.zeros((height, width))
    for top in rows:
        for left in columns:
            counts[top : top + patch, left : left + patch] += 1
    return counts
