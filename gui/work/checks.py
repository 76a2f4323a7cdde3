"""Whether a network and a data set go together, in words for the place where the user looks."""

from __future__ import annotations

from convscope.engine.data import DATASETS
from convscope.engine.data.entry import Entry
from convscope.engine.graph.network import Network
from convscope.engine.spec import format_shape


def faults(network: Network, data: str) -> list[str]:
    """What keeps a network from being trained on the data set of this name, a sentence each; empty if nothing does.

    Images of another height or width are no fault: they are resized.
    """
    if errors := network.errors():
        return [str(problem) for problem in errors]
    entry = DATASETS[data]
    return [fault for fault in (_channel_fault(network, entry), _class_fault(network, entry)) if fault]


def _channel_fault(network: Network, entry: Entry) -> str:
    wanted, given = network.input[2], entry.image_shape[2]
    if wanted == given:
        return ""
    fix = format_shape((*network.input[:2], given))
    return (
        f"input: the network takes {_channels(wanted)} and {entry.name} has {_channels(given)}; "
        f"set the network's input to {fix} or choose another data set."
    )


def _class_fault(network: Network, entry: Entry) -> str:
    name, classes = network.output, len(entry.classes)
    node, shape = network.nodes[name], network.shapes()[name]
    where = f"{name} ({node.layer.type_name()})"
    if shape is None or shape == (classes,):
        return ""
    if len(shape) != 1:
        return (
            f"{where}: the network ends in an image of {format_shape(shape)} and {entry.name} has {classes} classes; "
            f"end with GlobalAvgPool or Flatten and a Dense of {classes} units."
        )
    source = _last_dense(network, name)
    fix = f"set the units of {source} to {classes}" if source else f"end with a Dense of {classes} units"
    return f"{where}: gives {shape[0]} scores and {entry.name} has {classes} classes; {fix}."


def _last_dense(network: Network, name: str) -> str | None:
    """The Dense that sets the number of scores, looked for upwards along single inputs."""
    while name in network.nodes:
        node = network.nodes[name]
        if node.layer.type_name() == "Dense":
            return name
        if len(node.inputs) != 1:
            return None
        name = node.inputs[0]
    return None


def _channels(count: int) -> str:
    return {1: "grey images (1 channel)", 3: "colour images (3 channels)"}.get(count, f"images of {count} channels")
