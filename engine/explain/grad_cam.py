"""Grad-CAM: the maps of a late layer, weighted by how much each of them moves the score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..runtime.model import Model
from ..spec import ConvscopeError
from ..spec.param import choice
from .method import Method
from .progress import Progress
from .question import Question
from .scaling import enlarged


@dataclass(frozen=True)
class GradCam(Method):
    """ReLU(Σ αₖ Aₖ) for the maps Aₖ of a layer, αₖ the mean gradient of the class score over map k.

    Without a layer it is the last one with maps of more than one position. `extras["map"]` has the layer's own size;
    the heat map is enlarged to the image's.
    """

    positive: str = choice(
        "positive",
        ("positive", "signed"),
        label="Keep",
        help="What speaks for the class alone, or also what speaks against it.",
    )

    name = "grad_cam"
    title = "Grad-CAM"
    source = "Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2016, Grad-CAM, section 3, eq. 1 and 2"
    summary = "Where in the image the evidence for a class lies, as a late layer sees it."
    asks = frozenset({"image", "target", "layer"})

    def steps(self, question: Question) -> Iterator[Progress]:
        layer = question.layer or last_maps(question.model)
        aim = question.class_aim()
        maps, gradient = question.probe.layer_gradient(question.images, layer, aim)
        if maps.ndim != 4:
            raise ConvscopeError(f"{layer} has no maps but {maps.shape[1]} numbers; use a layer before the flatten.")
        alpha = gradient.mean((1, 2), keepdims=True)
        found = (alpha * maps).sum(-1)
        if self.positive == "positive":
            found = np.maximum(found, 0)
        heat = enlarged(found, question.images.shape[1:3])
        values = question.probe.values(question.images, aim.node)[aim.node]
        scores = {**aim.told(values), "layer": layer}
        yield Progress.last(self.result(question, heat, scores, extras={"map": found}))


def last_maps(model: Model) -> str:
    """The last layer that tells apart more than one position."""
    shapes = model.network.shapes()
    for node in reversed(model.network.order()):
        shape = shapes[node.name]
        if shape is not None and len(shape) == 3 and shape[0] * shape[1] > 1:
            return node.name
    raise ConvscopeError(f"{model.network.name} has no layer with maps; Grad-CAM needs one.")
