"""Repairs that put a layer in front of the one that has the problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..graph import Network
from ..layers.conv.spec import Conv2D
from ..layers.pool.spec import GlobalAvgPool
from ..layers.reshape.spec import Flatten, Upsample
from ..spec import Layer, Problem, Shape
from .repair import Repair


def propose(network: Network, problem: Problem) -> Iterator[Repair]:
    """What brings the layer's inputs to the shapes it can take."""
    if problem.kind != "shape" or problem.layer is None or problem.layer not in network.nodes:
        return
    inputs = [network.shapes().get(source) for source in network.nodes[problem.layer].inputs]
    if len(inputs) == 1:
        yield from _for_a_vector(problem.layer, network.nodes[problem.layer].inputs[0], inputs[0])
    maps = [shape for shape in inputs if shape is not None and len(shape) == 3]
    if len(maps) == len(inputs) > 1:
        yield from _for_one_shape(network, problem.layer, maps)


def _for_a_vector(name: str, source: str, shape: Shape | None) -> Iterator[Repair]:
    """For a layer that wants a vector and got maps, each of the two ways to make one."""
    if shape is not None and len(shape) == 3:
        for layer in (Flatten(), GlobalAvgPool()):
            yield Repair(f"Put {layer.type_name()} before {name}", partial(_insert, {(name, 0): layer}))


def _for_one_shape(network: Network, name: str, shapes: Sequence[Shape]) -> Iterator[Repair]:
    """Bring all inputs to the shape of one of them: the last first, since a shortcut is what comes early."""
    sources = network.nodes[name].inputs
    any_channels = network[name].type_name() == "Concat"
    for kept in reversed(range(len(shapes))):
        needed: dict[tuple[str, int], Layer] = {}
        for port, shape in enumerate(shapes):
            wanted = (*shapes[kept][:2], shape[2]) if any_channels else shapes[kept]
            if shape != wanted and (layer := _bridge(shape, wanted)) is not None:
                needed[name, port] = layer
        if needed:
            what = " and ".join(f"{_told(layer)} behind {sources[port]}" for (_, port), layer in needed.items())
            yield Repair(f"Put {what}", partial(_insert, needed))


def _bridge(shape: Shape, wanted: Shape) -> Layer | None:
    """A layer from one shape to the other: a projection (He et al. 2016, §3.3, option B), or nearest neighbours."""
    down = [have / want for have, want in zip(shape[:2], wanted[:2])]
    rows, columns = (max(-(-have // want), 1) for have, want in zip(shape[:2], wanted[:2]))
    if all(d >= 1 for d in down):
        return Conv2D(wanted[2], 1, stride=(rows, columns), bias=False)
    up = [want // have for have, want in zip(shape[:2], wanted[:2])]
    if shape[2] == wanted[2] and up[0] == up[1] and all(h * u == w for h, u, w in zip(shape, up, wanted)):
        return Upsample(up[0])
    return None


def _told(layer: Layer) -> str:
    if not isinstance(layer, Conv2D):
        return layer.type_name()
    rows, columns = layer.stride
    if (rows, columns) == (1, 1):
        return "a 1×1 Conv2D"
    return f"a 1×1 Conv2D with stride {rows if rows == columns else f'{rows}×{columns}'}"


def _insert(needed: dict[tuple[str, int], Layer], network: Network) -> None:
    """Put each layer into the connection to the given input of a node."""
    for (name, port), layer in needed.items():
        inputs = list(network.nodes[name].inputs)
        inputs[port] = network.add(layer, network.free_name(layer), [inputs[port]])
        network.rewire(name, inputs)
