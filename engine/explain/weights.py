"""A layer's filters as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..runtime.model import Model
from ..spec import ConvscopeError
from .method import Method
from .progress import Progress
from .question import Floats, Question


@dataclass(frozen=True)
class Weights(Method):
    """The raw filters of a layer: in colour (R, S, K, 3) where they read RGB, else one map a channel, (R, S, K·C).

    Without a layer it is the first with filters. A dense layer's weights that read maps are shown in the maps' shape.
    """

    name = "weights"
    title = "Filters"
    source = "Krizhevsky, Sutskever & Hinton 2012, ImageNet Classification with Deep CNNs, figure 3"
    summary = "The filters themselves: in colour where a layer reads the image."
    gives = "maps"
    asks = frozenset({"layer", "unit"})
    needs = frozenset()

    def steps(self, question: Question) -> Iterator[Progress]:
        model = question.model
        layer = question.layer or next((n for n in model.network.nodes if f"{n}.weight" in model.weights), None)
        if layer is None or f"{layer}.weight" not in model.weights:
            owners = ", ".join(n for n in model.network.nodes if f"{n}.weight" in model.weights) or "none"
            raise ConvscopeError(f"{layer or model.network.name} has no filters; layers that have: {owners}.")
        filters = _as_filters(model, layer)
        if question.unit is not None:
            channel = question.layer_aim(layer).channels[0]
            filters = filters[..., channel : channel + 1]
        rows, columns, channels, count = filters.shape
        colour = channels == 3
        maps = filters.transpose(0, 1, 3, 2) if colour else filters.transpose(0, 1, 3, 2).reshape(rows, columns, -1)
        scores = {"layer": layer, "filters": count, "channels": channels, "size": [rows, columns]}
        yield Progress.last(self.result(question, np.ascontiguousarray(maps)[None], scores))


def _as_filters(model: Model, layer: str) -> Floats:
    """A layer's weights as (R, S, C, K)."""
    weight = np.array(model.weights[f"{layer}.weight"])
    if weight.ndim == 4:
        return weight
    if weight.ndim != 2:
        raise ConvscopeError(f"The weights of {layer} are {weight.shape}; ask for a convolution or a dense layer.")
    return weight.reshape(*_read_shape(model, layer), weight.shape[1])


def _read_shape(model: Model, layer: str) -> tuple[int, int, int]:
    """The shape of the maps that a dense layer reads through layers that only rename; 1×1×features without any."""
    network, name = model.network, layer
    while name in network.nodes and len(network.input_shapes(name)[0]) == 1:
        source = network.nodes[name].inputs[0]
        if source not in network.nodes or not network.nodes[source].layer.renames(training=False):
            return 1, 1, network.input_shapes(layer)[0][0]
        name = source
    height, width, channels = network.input_shapes(name)[0]
    return height, width, channels
