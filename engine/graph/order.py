"""Order and reachability in the graph of nodes."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .node import Node


def topological(nodes: Mapping[str, Node]) -> list[Node]:
    """Nodes after their inputs, ties in insertion order. Nodes on a cycle, or behind one, are left out."""
    rank = {name: i for i, name in enumerate(nodes)}
    waiting = {name: len({s for s in node.inputs if s in nodes}) for name, node in nodes.items()}
    readers: dict[str, list[str]] = {name: [] for name in nodes}
    for node in nodes.values():
        for source in set(node.inputs):
            if source in readers:
                readers[source].append(node.name)
    names, placed = list(nodes), []
    ready = [rank[name] for name, count in waiting.items() if count == 0]
    while ready:
        name = names[heapq.heappop(ready)]
        placed.append(nodes[name])
        for reader in readers[name]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heapq.heappush(ready, rank[reader])
    return placed


def unplaced(nodes: Mapping[str, Node]) -> list[Node]:
    """Nodes that have no place in the order: those on a cycle and those behind one."""
    placed = {node.name for node in topological(nodes)}
    return [node for name, node in nodes.items() if name not in placed]


def ancestors(nodes: Mapping[str, Node], name: str) -> set[str]:
    """The node itself and all nodes it depends on."""
    found: set[str] = set()
    stack = [name] if name in nodes else []
    while stack:
        current = stack.pop()
        if current not in found:
            found.add(current)
            stack += [s for s in nodes[current].inputs if s in nodes]
    return found


def path(nodes: Mapping[str, Node], start: str, end: str) -> list[str]:
    """Names along a connection from `start` to `end`, both included; empty if `end` does not depend on `start`."""
    came: dict[str, str] = {}
    stack, seen = [end], {end}
    while stack:
        current = stack.pop()
        if current == start:
            trail = [current]
            while trail[-1] != end:
                trail.append(came[trail[-1]])
            return trail
        for source in nodes[current].inputs:
            if source in nodes and source not in seen:
                seen.add(source)
                came[source] = current
                stack.append(source)
    return []
