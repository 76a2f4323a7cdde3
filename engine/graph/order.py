"""Order and reachability in the graph of nodes."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .node import Node


def topological(nodes: Mapping[str, Node]) -> list[Node]:
    """Nodes after their inputs, ties in insertion order. Nodes on a cycle, or behind one, are left out."""
    placed: dict[str, Node] = {}
    missing: dict[str, int] = {}  # of nodes that were met before one that they read: how many such there are
    readers: dict[str, list[tuple[int, Node]]] = {}  # those nodes, by what they wait for
    for rank, (name, node) in enumerate(nodes.items()):
        for source in node.inputs:
            if source not in placed and source in nodes:
                late = {s for s in node.inputs if s not in placed and s in nodes}
                missing[name] = len(late)
                for awaited in late:
                    readers.setdefault(awaited, []).append((rank, node))
                break
        else:
            placed[name] = node
            if name in readers:
                _place_readers(name, readers, missing, placed)
    return list(placed.values())


def _place_readers(
    name: str, readers: dict[str, list[tuple[int, Node]]], missing: dict[str, int], placed: dict[str, Node]
) -> None:
    """Place what waited for a node, and what waited for that, those added first before others."""
    ready: list[tuple[int, str]] = []
    waiting = {}
    while True:
        for rank, reader in readers.pop(name, ()):
            missing[reader.name] -= 1
            if not missing[reader.name]:
                heapq.heappush(ready, (rank, reader.name))
                waiting[reader.name] = reader
        if not ready:
            return
        _, name = heapq.heappop(ready)
        placed[name] = waiting[name]


def ends(nodes: Mapping[str, Node]) -> list[str]:
    """Names of the nodes that no other reads."""
    read = {source for node in nodes.values() for source in node.inputs}
    return [name for name in nodes if name not in read]


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
