"""Moving the selection along the wires with the arrow keys."""

from __future__ import annotations

from convscope.engine.graph import INPUT, Network


def neighbour(network: Network, name: str, direction: str) -> str:
    """The node above, below, or beside (another branch of the same parent or reader); "" if there is none."""
    if name not in network and name != INPUT:
        return INPUT
    parents = [] if name == INPUT else list(network.nodes[name].inputs)
    readers = network.consumers(name)
    if direction == "up":
        return parents[0] if parents else ""
    if direction == "down":
        return readers[0] if readers else ""
    beside = [other for parent in parents for other in network.consumers(parent)]
    beside += [other for reader in readers for other in network.nodes[reader].inputs]
    siblings = sorted({*beside, name}, key=lambda other: network.layout.get(other, (0.0, 0.0))[0])
    place = siblings.index(name) + (1 if direction == "right" else -1)
    return siblings[place] if 0 <= place < len(siblings) else ""
