"""Receptive fields must be large enough: what lies outside of a unit's field is invisible to it."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph import Node
from ...layers.pool.spec import GlobalAvgPool
from ...spec import format_shape
from ..receptive import Axes, receptive_fields
from .findings import Advice
from .study import Study

_FIX = "add layers, strides or pooling before it"


def check(study: Study) -> Iterator[Advice]:
    """Scores, and units that are averaged to make them, that see less than the image."""
    if study.network.errors():
        return
    fields, image = receptive_fields(study.network), format_shape(study.network.input[:2])
    upstream = study.network.ancestors(study.network.output)
    for node in study.nodes:
        if node.name not in upstream:
            continue
        if node.name == study.network.output and _small(study, fields[node.name].size):
            field = format_shape(fields[node.name].size)
            text = f"{node.name}: each score sees {field} of the {image} image; {_FIX}"
            yield Advice((node.name,), "receptive-field", text)
        if _averages(node) and _small(study, seen := fields[node.inputs[0]].size):
            text = (
                f"{node.name}: it averages units that see {format_shape(seen)} of the {image} image each, "
                f"so nothing larger is recognised as one; {_FIX}"
            )
            yield Advice((node.name,), "receptive-field", text)


def _averages(node: Node) -> bool:
    """Averages over places see the whole image, but put nothing together that stands at different places."""
    return isinstance(node.layer, GlobalAvgPool)


def _small(study: Study, field: Axes) -> bool:
    return field[0] < study.network.input[0] or field[1] < study.network.input[1]
