"""Whether a network and a data set go together, in words for the place where the user looks, with the fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from convscope.engine.data import DATASETS
from convscope.engine.graph.network import Network
from convscope.engine.spec import format_shape

from .recipe import DataChoice


@dataclass(frozen=True)
class Fault:
    """Why a network cannot be trained. `fix`, if there is one, makes it right; `fix_name` is what that is called."""

    text: str
    fix_name: str = ""
    fix: Callable[[Network], None] | None = None

    def __str__(self) -> str:
        return self.text


def faults(network: Network, data: DataChoice, dataset: Any = None) -> list[Fault]:
    """What keeps a network from being trained on the chosen data; empty if nothing does.

    Of data of one's own nothing is known before `dataset` is there. Images of another height or width are no fault:
    they are resized.
    """
    if errors := network.errors():
        return [Fault(str(problem)) for problem in errors]
    facts = _facts(data, dataset)
    return [fault for fault in (_channel_fault(network, facts), _class_fault(network, facts)) if fault] if facts else []


@dataclass(frozen=True)
class _Facts:
    """What of a data set matters to a network."""

    title: str
    channels: int
    classes: int


def _facts(data: DataChoice, dataset: Any) -> _Facts | None:
    if dataset is not None:
        return _Facts(data.title, dataset.image_shape[2], len(dataset.classes))
    if data.known and not data.options:
        entry = DATASETS[data.name]
        return _Facts(entry.title, entry.image_shape[2], len(entry.classes))
    return None


def _channel_fault(network: Network, data: _Facts) -> Fault | None:
    wanted, given = network.input[2], data.channels
    if wanted == given:
        return None
    shape = (*network.input[:2], given)
    text = (
        f"input: the network takes {_channels(wanted)} and {data.title} has {_channels(given)}; "
        f"set the network's input to {format_shape(shape)} or choose another data set."
    )

    def fix(other: Network) -> None:
        other.input = shape

    return Fault(text, f"Set the input to {format_shape(shape)}", fix)


def _class_fault(network: Network, data: _Facts) -> Fault | None:
    name, classes = network.output, data.classes
    shape = network.shapes()[name]
    where = f"{name} ({network[name].type_name()})"
    if shape is None or shape == (classes,):
        return None
    if len(shape) != 1:
        return Fault(
            f"{where}: the network ends in an image of {format_shape(shape)} and {data.title} has {classes} classes; "
            f"end with GlobalAvgPool or Flatten and a Dense of {classes} units."
        )
    counts = f"{where}: gives {shape[0]} scores and {data.title} has {classes} classes"
    source = _last_dense(network, name)
    if not source:
        return Fault(f"{counts}; end with a Dense of {classes} units.")

    def fix(other: Network) -> None:
        other.set(source, units=classes)

    return Fault(f"{counts}; set the units of {source} to {classes}.", f"Set {source} to {classes} units", fix)


def _last_dense(network: Network, name: str) -> str:
    """The Dense that sets the number of scores, looked for upwards along single inputs; "" if there is none."""
    while name in network:
        node = network.nodes[name]
        if node.layer.type_name() == "Dense":
            return name
        if len(node.inputs) != 1:
            return ""
        name = node.inputs[0]
    return ""


def _channels(count: int) -> str:
    return {1: "grey images (1 channel)", 3: "colour images (3 channels)"}.get(count, f"images of {count} channels")
