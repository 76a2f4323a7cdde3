"""What a trained network makes of images at any of its layers, as arrays: features for other classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from .transfer import before_scores, trunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..data.dataset import Images
    from ..runtime.model import Model

BATCH = 64


def features(
    model: Model,
    images: Images,
    layer: str | None = None,
    pooled: bool = False,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Outputs of a layer for pixels 0–255 (N, h, w, C): (N, *shape) float32.

    Without `layer`, what the class scores are made of. With `pooled`, maps are averaged over their positions:
    (N, channels). Layers behind it are not computed. `progress` is told images done and in all; it may raise to stop.
    ConvscopeError if there is no such layer.
    """
    network = trunk(model.network, layer)
    shortened = model.part(end=network.output)
    shape = _shape(network, pooled)
    found = np.empty((len(images), *shape), np.float32)
    for start in range(0, len(images), batch):
        rows = slice(start, min(start + batch, len(images)))
        values: NDArray[Any] = shortened.predict(shortened.prepare(np.asarray(images[rows])), batch)
        found[rows] = values.mean((1, 2)) if pooled and values.ndim == 4 else values
        if progress:
            progress(rows.stop, len(images))
    return found


def stages(network: Network) -> tuple[str, ...]:
    """The layers whose features are worth trying: the last of each image size, and what the scores are made of.

    Layers that only rename are left out for what they rename.
    """
    shapes, found = network.shapes(), []
    top = before_scores(network)
    while top in network and network[top].renames(training=False):
        top = network.nodes[top].inputs[0]
    inside = network.ancestors(top)
    for node in network.order():
        if node.name not in inside or node.layer.renames(training=False):
            continue
        readers = [name for name in network.consumers(node.name) if name in inside]
        size, sizes = shapes[node.name], [shapes[name] for name in readers]
        if node.name == top or any(other is None or size is None or other[:-1] != size[:-1] for other in sizes):
            found.append(node.name)
    return tuple(found)


def _shape(network: Network, pooled: bool) -> tuple[int, ...]:
    shape = network.shapes()[network.output]
    assert shape is not None  # it is part of a network that ran
    return shape[-1:] if pooled else shape
