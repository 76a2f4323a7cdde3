"""What a layer makes of an image: one map a channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..spec import ConvscopeError
from .grad_cam import last_maps
from .method import Method
from .progress import Progress
from .question import Question


@dataclass(frozen=True)
class Activations(Method):
    """The maps (h, w, K) of a layer, by default the last one that has maps; with a unit, that channel's map alone."""

    name = "activations"
    title = "Activation maps"
    source = "Yosinski, Clune, Nguyen, Fuchs & Lipson 2015, Understanding Neural Networks, section 2"
    summary = "What each channel of a layer responds to in the image."
    gives = "maps"
    asks = frozenset({"image", "layer", "unit"})

    def steps(self, question: Question) -> Iterator[Progress]:
        layer = question.layer or last_maps(question.model)
        aim = question.layer_aim(layer)
        values = question.probe.values(question.images, layer)[layer]
        if values.ndim != 4:
            raise ConvscopeError(f"{layer} has no maps but {values.shape[1]} numbers; use a layer before the flatten.")
        maps = values if question.unit is None else values[..., aim.channels[0] :][..., :1]
        scores = {"layer": layer, "least": float(values.min()), "greatest": float(values.max())}
        yield Progress.last(self.result(question, maps, scores))
