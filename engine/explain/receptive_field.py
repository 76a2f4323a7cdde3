"""Which pixels a unit can see, and which of them it does see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..cost.receptive import receptive_fields
from ..spec import ConvscopeError
from ..spec.param import choice
from .grad_cam import last_maps
from .method import Method
from .progress import Progress
from .question import Floats, Question
from .seeking import before_relus


@dataclass(frozen=True)
class ReceptiveField(Method):
    """The exact box of a unit's receptive field, or the effective field: how much each pixel in it moves the unit.

    `scores` holds the box (top, bottom, left, right; ends excluded, beyond the image where the unit sees padding), the
    size, stride and padding of the layer's fields, and the size that the pixels with 95 % of the effect span. The
    picture shows the effective field in the frame of the box. A layer alone asks for the unit in its middle; a unit
    given as a channel for that channel's middle.
    """

    show: str = choice(
        "effective",
        ("effective", "box"),
        label="Show",
        help="The size of the gradient for this image, or the box of all pixels that can matter.",
    )

    name = "receptive_field"
    title = "Receptive field"
    source = "Araujo, Norris & Sim 2019, Distill, eq. 2 and 3; effective: Luo, Li, Urtasun & Zemel 2016, section 2"
    summary = "The pixels that a unit sees, and how much each of them counts."
    asks = frozenset({"image", "layer", "unit"})

    def steps(self, question: Question) -> Iterator[Progress]:
        layer = question.layer or last_maps(question.model)
        aim = question.layer_aim(layer)
        network = question.probe.model.network
        shape, field = network.shapes()[layer], receptive_fields(network)[layer]
        if shape is None or len(shape) != 3:
            raise ConvscopeError(f"Every unit of {layer} sees the whole image; use a layer before the flatten.")
        place = aim.positions[0] if aim.positions else (shape[0] // 2, shape[1] // 2)
        box = field.box(*place)
        height, width = question.images.shape[1:3]
        inside = np.s_[:, max(box[0], 0) : min(box[1], height), max(box[2], 0) : min(box[3], width)]
        heat = np.zeros(question.images.shape[:3], np.float32)
        heat[inside] = 1
        scores: dict[str, Any] = {"layer": layer, "position": list(place), "box": list(box), "size": list(field.size)}
        scores |= {"stride": [float(s) for s in field.stride], "padding": list(field.padding), "aligned": field.aligned}
        if self.show == "effective":
            one = aim.at(place)
            node = before_relus(network, layer)  # a unit that is off sees no less
            _, gradient = question.probe.gradient(question.images, node, replace(one, node=node))
            heat = np.sqrt(np.square(gradient).sum(-1))
            scores["effective"] = [list(_span(one_heat)) for one_heat in heat]
        yield Progress.last(self.result(question, heat, scores, shown=_framed(heat, inside)))


def _framed(heat: Floats, inside: tuple[slice, ...]) -> Floats:
    """The map with the part of the theoretical box that lies in the image drawn around it, as bright as can be."""
    found, brightest = heat.copy(), heat.max((1, 2), keepdims=True)
    box = found[inside]
    for edge in (np.s_[:, :1], np.s_[:, -1:], np.s_[:, :, :1], np.s_[:, :, -1:]):
        box[edge] = brightest
    return found


def _span(heat: np.ndarray, share: float = 0.95) -> tuple[int, int]:
    """Rows and columns that hold this share of the effect, the outermost left out on both sides alike."""
    total = float(heat.sum())
    if not total:
        return 0, 0
    spans = []
    for axis in (1, 0):
        part = np.cumsum(heat.sum(axis)) / total
        first, last = np.searchsorted(part, (1 - share) / 2), np.searchsorted(part, (1 + share) / 2)
        spans.append(int(last - first + 1))
    return spans[0], spans[1]
