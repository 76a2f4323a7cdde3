"""Avoid tight bottlenecks: the volume H·W·C that flows through the network should fall slowly.

Szegedy et al. 2015, Rethinking the Inception Architecture, §2, principle 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...graph import INPUT, Node
from ...spec import format_shape, size
from .findings import Advice
from .study import Study

# A 2×2 pooling takes a volume down four times, and with a layer that halves the channels eight times: the most that
# common networks do at a step.
_FASTEST_FALL = 8


def check(study: Study) -> Iterator[Advice]:
    """Places that everything passes and that hold far less than the place before."""
    if study.network.errors():
        return
    before, name_before, last = study.network.input, "the image", _last_with_filters(study)
    for node in _narrows(study):
        shape = study.shapes[node.name]
        if node.name == last or len(shape) != 3 or shape[:2] == (1, 1):
            break  # the head, where the network makes up its mind and few numbers are meant
        if _FASTEST_FALL * size(shape) < size(before):
            text = (
                f"{node.name}: all information passes {format_shape(shape)} = {size(shape):,} values, "
                f"{size(before) / size(shape):.1f} times fewer than the {size(before):,} of {name_before}; "
                f"let the volume fall in smaller steps, with smaller strides or more channels"
            )
            yield Advice((node.name,), "data-volume", text)
        before, name_before = shape, node.name


def _last_with_filters(study: Study) -> str | None:
    """The layer that makes the scores; what follows only averages or scales them."""
    makers = [node.name for node in study.nodes if node.layer.about.category in {"convolution", "dense"}]
    return makers[-1] if makers else None


def _narrows(study: Study) -> Iterator[Node]:
    """Nodes that every path from the image to the output passes."""
    upstream = study.network.ancestors(study.network.output)
    nodes = [node for node in study.nodes if node.name in upstream]
    last_reader = {source: i for i, node in enumerate(nodes) for source in node.inputs}
    open_until = last_reader.get(INPUT, 0)
    for i, node in enumerate(nodes):
        if open_until <= i:
            yield node
        open_until = max(open_until, last_reader.get(node.name, i))
