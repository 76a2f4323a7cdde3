"""Networks for programs that keep channels first: the layout of weights, and the order of flattened pictures.

There a flattened picture comes out in another order than ours. Moving its values back would cost time, so the order is
followed to the next dense layer, whose rows are sorted by it once. Where that cannot be done, because the vector is
the output or meets one of another order, the picture is turned before it is flattened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import INPUT, Network, Node
from ..spec import Shape

Order = NDArray[np.int64] | None
"""Value i of the other program's vector is value order[i] of ours; None where they are the same, or for a picture."""

_AXES = {4: (3, 2, 0, 1), 2: (1, 0)}
"""(R, S, C/groups, K) becomes (K, C/groups, R, S), (in, out) becomes (out, in); vectors stay."""


def theirs(weight: NDArray[Any]) -> NDArray[Any]:
    """A weight of ours in PyTorch's layout; a view."""
    return weight.transpose(_AXES.get(weight.ndim, range(weight.ndim)))


def ours(weight: NDArray[Any]) -> NDArray[Any]:
    """A weight in PyTorch's layout as ours; a view."""
    return weight.transpose(np.argsort(_AXES.get(weight.ndim, range(weight.ndim))))


def their_shape(shape: Shape) -> Shape:
    """The shape that a weight of ours has in PyTorch's layout."""
    return tuple(shape[axis] for axis in _AXES.get(len(shape), range(len(shape))))


def channels_last(values: NDArray[Any]) -> NDArray[Any]:
    """Pictures (N, C, H, W) as (N, H, W, C); vectors as they are."""
    return np.ascontiguousarray(values.transpose(0, 2, 3, 1)) if values.ndim == 4 else values


def channels_first(values: NDArray[Any]) -> NDArray[Any]:
    """Pictures (N, H, W, C) as (N, C, H, W); vectors as they are."""
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2)) if values.ndim == 4 else values


@dataclass(frozen=True)
class Flattened:
    """The order of the input's and every node's output, and the Flatten layers that turn their picture first."""

    orders: Mapping[str, Order]
    turned: frozenset[str]


def flattened(network: Network) -> Flattened:
    """How the vectors of a sound network lie where channels come first; its output lies as ours does."""
    turned: frozenset[str] = frozenset()
    while True:
        orders, clashing = _followed(network, turned)
        if not clashing:
            return Flattened(orders, turned)
        turned |= _flattens_behind(network, orders, clashing)


def _followed(network: Network, turned: frozenset[str]) -> tuple[dict[str, Order], tuple[str, ...]]:
    """Orders as far as they go together, and the nodes whose orders must become ours."""
    orders: dict[str, Order] = {INPUT: None}
    for node in network.order():
        shapes = network.input_shapes(node.name)
        sources = [orders[source] for source in node.inputs]
        if node.layer.type_name() != "Concat" and not all(_alike(order, sources[0]) for order in sources):
            return orders, node.inputs
        orders[node.name] = None if node.name in turned else _order(node, shapes, sources)
    ended = orders[network.output] is not None
    return orders, (network.output,) if ended else ()


def _order(node: Node, shapes: Sequence[Shape], sources: Sequence[Order]) -> Order:
    match node.layer.type_name():
        case "Flatten" if len(shapes[0]) == 3:
            return _of_picture(shapes[0])
        case "Dense" | "DropConnect" | "GlobalAvgPool":
            return None
        case "Concat":
            return _joined([shape[0] for shape in shapes], sources)
        case "PadChannels":
            before, after = node.layer.values()["before"], node.layer.values()["after"]
            return _joined([before, shapes[0][0], after], [None, sources[0], None])
    return sources[0]


def _of_picture(shape: Shape) -> Order:
    height, width, channels = shape
    if channels == 1 or height * width == 1:
        return None
    return np.arange(height * width * channels).reshape(shape).transpose(2, 0, 1).reshape(-1)


def _joined(lengths: Sequence[int], orders: Sequence[Order]) -> Order:
    if all(order is None for order in orders):
        return None
    starts = np.cumsum([0, *lengths[:-1]])
    parts = [
        start + (np.arange(length) if order is None else order) for start, length, order in zip(starts, lengths, orders)
    ]
    return np.concatenate(parts)


def _alike(one: Order, other: Order) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _flattens_behind(network: Network, orders: Mapping[str, Order], names: Sequence[str]) -> frozenset[str]:
    """The Flatten layers that gave these nodes an order other than ours."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if orders[name] is None:
            continue
        node = network.nodes[name]
        if all(orders[source] is None for source in node.inputs):  # here it arose
            found.add(name)
        waiting += node.inputs
    return frozenset(found)
