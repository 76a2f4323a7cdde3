"""Whether a network and a data set go together, in words for the place where the user looks, with the fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from convscope.engine.data import DATASETS
from convscope.engine.graph.network import Network
from convscope.engine.graph.score_setting import score_setting
from convscope.engine.layers.pool.spec import GlobalAvgPool
from convscope.engine.spec import format_shape

from .recipe import DataChoice

_BELOW = 76.0  # a row of the canvas further down


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
        return _map_fault(network, where, data)
    counts = f"{where}: gives {shape[0]} scores and {data.title} has {classes} classes"
    setting = score_setting(network, classes)
    if setting is None:
        return Fault(f"{counts}; end with a Dense of {classes} units.")
    source, parameter = setting

    def fix(other: Network) -> None:
        other.set(source, **{parameter: classes})

    name = f"Set {source} to {classes} {parameter}"
    return Fault(f"{counts}; set the {parameter} of {source} to {classes}.", name, fix)


def _map_fault(network: Network, where: str, data: _Facts) -> Fault:
    """The network ends in an image; where that has a map for each class, averaging them is enough."""
    name, classes = network.output, data.classes
    shape = network.shapes()[name]
    ends = f"{where}: the network ends in an image of {format_shape(shape)} and {data.title} has {classes} classes"
    if shape is None or shape[-1] != classes:
        return Fault(f"{ends}; end with GlobalAvgPool or Flatten and a Dense of {classes} units.")

    def fix(other: Network) -> None:
        average = other.add(GlobalAvgPool(), inputs=[name])
        if name in other.layout:
            x, y = other.layout[name]
            other.layout[average] = (x, y + _BELOW)

    return Fault(f"{ends}; add GlobalAvgPool, which makes a score of each map.", "Add GlobalAvgPool", fix)


def _channels(count: int) -> str:
    return {1: "grey images (1 channel)", 3: "colour images (3 channels)"}.get(count, f"images of {count} channels")
