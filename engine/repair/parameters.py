"""Repairs that change a parameter of the layer that has the problem."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import gcd
from typing import Any

from ..graph import Network
from ..spec import Layer, ParameterError, Problem, Shape
from .repair import Repair

_MOST_PADDING = 8


def propose(network: Network, problem: Problem) -> Iterator[Repair]:
    """Another padding, kernel, stride, rounding or number of groups."""
    if problem.layer is None or problem.layer not in network.nodes:
        return
    inputs = [network.shapes().get(source) for source in network.nodes[problem.layer].inputs]
    if len(inputs) > 1 and problem.kind == "shape":
        yield from _for_one_size(network, problem.layer)
    if len(inputs) != 1 or inputs[0] is None or len(inputs[0]) != 3:
        return
    layer = network[problem.layer]
    names = type(layer).params()
    if problem.kind == "lost-rows":
        yield from _for_lost_rows(problem.layer, layer, names)
    elif problem.kind == "shape":
        yield from _for_a_fit(problem.layer, layer, names, inputs[0])


def _for_lost_rows(name: str, layer: Any, names: Any) -> Iterator[Repair]:
    if "ceil_mode" in names:
        yield from _change(name, layer, "Turn on ceil mode", ceil_mode=True)
    if "padding" in names:
        for padding in range(1, _MOST_PADDING):
            yield from _change(name, layer, f"Set padding to {padding}", padding=padding)
        for extra in (1, 2):  # rows at the end alone
            sides = layer.padding if isinstance(layer.padding, tuple) else (0, 0, 0, 0)
            more = (sides[0], sides[1] + extra, sides[2], sides[3] + extra)
            yield from _change(name, layer, f"Pad {extra} more below and to the right", padding=more)
    if "stride" in names:
        yield from _change(name, layer, "Set stride to 1", stride=1)


def _for_a_fit(name: str, layer: Any, names: Any, shape: Shape) -> Iterator[Repair]:
    if "groups" in names:
        groups = gcd(layer.groups, shape[2], layer.filters)
        yield from _change(name, layer, f"Set groups to {groups}", groups=groups)
    if "kernel" in names:
        yield from _change(name, layer, 'Set padding to "same"', padding="same")
        if "dilation" in names:
            yield from _change(name, layer, "Set dilation to 1", dilation=1)
        kernel = (min(layer.kernel[0], shape[0]), min(layer.kernel[1], shape[1]))
        yield from _change(name, layer, f"Set kernel to {kernel[0]}×{kernel[1]}", kernel=kernel)
    if "padding" in names:
        yield from _change(name, layer, "Set padding to 0", padding=0)


def _for_one_size(network: Network, name: str) -> Iterator[Repair]:
    """Keep the size of maps in the branches that meet here: windows that move by one lose only a border."""
    branches = [network.ancestors(source) for source in network.nodes[name].inputs]
    apart = set().union(*branches) - branches[0].intersection(*branches)
    losing = [node for node in network.order() if node.name in apart and _loses_a_border(node.layer)]
    if losing:
        what = " and ".join(node.name for node in losing) if len(losing) <= 2 else f"{len(losing)} layers"
        edit = partial(_set_all, tuple(node.name for node in losing), {"padding": "same"})
        yield Repair(f'Set padding to "same" of {what}', edit)


def _loses_a_border(layer: Any) -> bool:
    """Whether "same" padding is all that keeps a layer with windows from keeping the size of its maps."""
    names = type(layer).params()
    if not {"kernel", "stride", "padding"} <= names.keys() or not isinstance(layer.kernel, tuple):
        return False
    return layer.stride == (1, 1) and layer.kernel != (1, 1) and layer.padding != "same"


def _change(name: str, layer: Layer, title: str, **values: Any) -> Iterator[Repair]:
    """The repair, unless the layer has no such parameter or already is so."""
    try:
        changed = layer.replace(**values)
    except (ParameterError, TypeError):
        return
    if changed != layer:
        yield Repair(f"{title} of {name}" if " to " in title else f"{title} for {name}", partial(_set, name, values))


def _set_all(names: tuple[str, ...], values: dict[str, Any], network: Network) -> None:
    for name in names:
        network.set(name, **values)


def _set(name: str, values: dict[str, Any], network: Network) -> None:
    network.set(name, **values)
