"""Where a peer keeps channels first, a flattened picture comes out in another order than ours.

Moving values back would cost the peer time. So the order is followed to the next dense layer, whose rows are sorted
by it once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...graph import INPUT, Network, Node
from ...spec import ConvscopeError, Shape

Order = NDArray[np.int64] | None
"""Value i of the peer's vector is value order[i] of ours; None where they are the same, or the value is a picture."""


def vector_orders(network: Network) -> dict[str, Order]:
    """The order of the input's and every node's output."""
    orders: dict[str, Order] = {INPUT: None}
    for node in network.order():
        inputs = network.input_shapes(node.name)
        orders[node.name] = _order(node, inputs, [orders[source] for source in node.inputs])
    return orders


def _order(node: Node, shapes: Sequence[Shape], sources: Sequence[Order]) -> Order:
    match node.layer.type_name():
        case "Flatten" if len(shapes[0]) == 3:
            height, width, channels = shapes[0]
            same = channels == 1 or height * width == 1
            grid = np.arange(height * width * channels).reshape(height, width, channels)
            return None if same else grid.transpose(2, 0, 1).reshape(-1)
        case "Dense" | "GlobalAvgPool":
            return None
        case "Concat" if len(shapes[0]) == 1:
            return _joined([shape[0] for shape in shapes], sources)
        case "PadChannels" if len(shapes[0]) == 1:
            before, after = node.layer.values()["before"], node.layer.values()["after"]
            return _joined([before, shapes[0][0], after], [None, sources[0], None])
    if any(not _alike(order, sources[0]) for order in sources):
        raise ConvscopeError(f"{node.name} joins vectors of different order; a peer with channels first cannot run it.")
    return sources[0]


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


def in_our_order(result: NDArray[np.float32], order: Order) -> NDArray[np.float32]:
    """A peer's output as ours would be: vectors sorted back, pictures (N, C, H, W) as (N, H, W, C)."""
    if result.ndim == 4:
        return np.ascontiguousarray(result.transpose(0, 2, 3, 1))
    if order is None:
        return result
    sorted_back = np.empty_like(result)
    sorted_back[:, order] = result
    return sorted_back
