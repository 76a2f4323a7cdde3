"""No activation after the last dense layer: scores may be any number, and softmax makes probabilities of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph import Node
from ...layers.activation.spec import Linear, Softmax
from ...layers.dense.spec import Dense
from .findings import Advice
from .rewrite import Exchange, Rewrite
from .study import Study

_HARMLESS = (Softmax, Linear)


def check(study: Study) -> Iterator[Advice]:
    """An activation that bends the scores of the last dense layer."""
    bend = _bend(study)
    dense = study.network.nodes.get(bend.inputs[0]) if bend else None
    if bend is None or dense is None or not isinstance(dense.layer, Dense):
        return
    text = (
        f"{bend.name}: {bend.layer.type_name()} after the last dense layer bends the {dense.layer.units} scores of "
        f"{dense.name} and weakens their gradients; end with the scores themselves, or with Softmax"
    )
    rewrite = None
    if study.network.consumers(dense.name) == [bend.name]:
        exchange = Exchange((dense, bend), study.reads(dense)[0], ((dense.name, dense.layer),))
        rewrite = Rewrite(f"Remove {bend.name} after {dense.name}", (exchange,))
    yield Advice((bend.name,), "last-activation", text, rewrite)


def _bend(study: Study) -> Node | None:
    """The activation at the end, or right before a closing softmax; None if there is none."""
    ends = study.network.outputs()
    node = study.network.nodes[ends[0]] if len(ends) == 1 and ends[0] in study.shapes else None
    if node and isinstance(node.layer, Softmax):
        node = study.network.nodes.get(node.inputs[0])
    if node is None or node.layer.about.category != "activation" or isinstance(node.layer, _HARMLESS):
        return None
    return node
