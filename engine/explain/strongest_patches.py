"""The patches of many images that excite a unit most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ..runtime.plan import ReluRule
from ..spec.param import choice, integer
from .aim import Aim
from .method import Method
from .patch_index import Patch, build_steps
from .patch_page import page
from .progress import Progress
from .question import Floats, Question


@dataclass(frozen=True)
class StrongestPatches(Method):
    """The pixels that a channel sees where it responds most, at most one place an image: (k, h, w, C).

    Asked of several images, such as a data set's. Pixels beyond an image are black. `scores` holds each patch's image,
    position, response and box, `extras["exciting"]` the unit's gradient in each patch (k, h, w, C) by the rule
    `beside`. `build_index` finds the patches of all units at once.
    """

    count: int = integer(9, label="Patches", help="How many patches are shown.", maximum=1000)
    beside: str = choice(
        "guided",
        ("guided", "deconvnet", "plain"),
        label="Beside",
        help="The rule at ReLUs by which each unit is taken back to the pixels of its patch.",
    )

    name = "strongest_patches"
    title = "Strongest patches"
    source = "Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, section 4, figure 2"
    summary = "What excites a unit most, cut out of many images."
    gives = "sequence"
    asks = frozenset({"image", "images", "layer", "unit"})
    needs = frozenset({"image", "layer"})

    def steps(self, question: Question) -> Iterator[Progress]:
        layer = question.layer or ""
        channel = question.layer_aim(layer).channels[0]
        building = build_steps(question.model, question.images, [layer], self.count)
        while True:
            try:
                done, total = next(building)
            except StopIteration as end:
                index = end.value
                break
            if done < total:
                yield Progress(done, total)
        patches = index.strongest(layer, channel)
        images = question.images[[patch.image for patch in patches]]
        exciting = self._exciting(question, layer, channel, patches, images)
        cut, lit = (_stacked([cut_out(*one) for one in zip(of, patches)]) for of in (images, exciting))
        told = [vars(patch) | {"position": list(patch.position), "box": list(patch.box)} for patch in patches]
        scores = {"layer": layer, "channel": channel, "patches": told}
        alone = replace(question, images=question.images[:1], batched=False)  # one answer, however many images
        more = {"extras": {"exciting": lit[None]}, "page": page(patches, images, cut, lit)}
        result = replace(self.result(alone, cut[None], scores, **more), image=None)
        total = len(question.images)
        yield Progress(total, total, cut, result=result)

    def _exciting(self, question: Question, layer: str, channel: int, patches: list[Patch], images: Floats) -> Floats:
        """The gradient of each patch's unit with respect to its image, (k, H, W, C)."""
        shape = question.probe.model.network.shapes()[layer] or ()
        positions = tuple(patch.position for patch in patches) if len(shape) == 3 else None
        aim = Aim(layer, (channel,), positions)
        return question.probe.gradient(images, layer, aim, cast(ReluRule, self.beside))[1]


def _stacked(patches: list[Floats]) -> Floats:
    """Patches of nearly one size in one array; where branches of different stride meet, boxes differ by some pixels."""
    height, width = (max(patch.shape[axis] for patch in patches) for axis in (0, 1))
    page = np.zeros((len(patches), height, width, patches[0].shape[2]), np.float32)
    for number, patch in enumerate(patches):
        page[number, : patch.shape[0], : patch.shape[1]] = patch
    return page


def cut_out(image: Floats, patch: Patch) -> Floats:
    """The pixels (h, w, C) in a patch's box, black beyond the image."""
    top, bottom, left, right = patch.box
    height, width = image.shape[:2]
    found = np.zeros((bottom - top, right - left, image.shape[2]), np.float32)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    found[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = image[rows, columns]
    return found
