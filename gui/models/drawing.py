"""What stands on the canvas: every node by itself, or in a block that is folded to one card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from convscope.engine.graph import INPUT, Group, Network, Node
from convscope.engine.graph.groups import ends, folding_problem
from convscope.engine.graph.order import topological


class Drawing:
    """A network as it is drawn. A block is folded where the network's layout has a place for it.

    `nodes` holds a node for each card but the image's: a folded block's reads what its layers read outside and has the
    layer of its result. It is for looking only: edits are made on the network, with `real` names.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        wanted = [group for group in network.groups.values() if group.name in network.layout]
        self.folded: Mapping[str, Group] = {g.name: g for g in wanted if folding_problem(network, g) is None}
        self._card = {member: group.name for group in self.folded.values() for member in group.members}
        self._ends = {name: ends(network, group) for name, group in self.folded.items()}
        self.nodes: Mapping[str, Node] = self._nodes()

    def _nodes(self) -> Mapping[str, Node]:
        if not self.folded:
            return self.network.nodes
        nodes: dict[str, Node] = {}
        for node in self.network.nodes.values():
            name = self.card(node.name)
            if name == node.name:
                inputs = tuple(map(self.card, node.inputs))
                nodes[name] = node if inputs == node.inputs else replace(node, inputs=inputs)
            elif name not in nodes:
                found = self._ends[name]
                nodes[name] = Node(name, self.network[found.results[0]], tuple(map(self.card, found.sources)))
        return nodes

    @property
    def names(self) -> list[str]:
        """Names of all cards, the image's first."""
        return [INPUT, *self.nodes]

    @property
    def layout(self) -> Mapping[str, tuple[float, float]]:
        return self.network.layout

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def card(self, name: str) -> str:
        """The card on which a node is drawn: its own or a block's."""
        return self._card.get(name, name)

    def order(self) -> list[Node]:
        """Nodes so that each comes after its inputs."""
        return topological(self.nodes)

    @cached_property
    def _readers(self) -> dict[str, list[str]]:
        readers: dict[str, list[str]] = {}
        for node in self.nodes.values():
            for source in dict.fromkeys(node.inputs):
                readers.setdefault(source, []).append(node.name)
        return readers

    def consumers(self, name: str) -> list[str]:
        """Names of the cards that read this one (each once)."""
        return self._readers.get(name, [])

    def ports(self, name: str) -> tuple[int, int | None]:
        """How many inputs a card has, and how many it can have; None is any number."""
        node = self.nodes[name]
        return len(node.inputs), max(1, len(node.inputs)) if name in self.folded else node.layer.ports.maximum

    # ---- what edits need

    def result(self, name: str) -> str:
        """The node whose value a card gives."""
        return self._ends[name].results[0] if name in self.folded else name

    def members(self, name: str) -> tuple[str, ...]:
        """The nodes that a card stands for."""
        return self.folded[name].members if name in self.folded else (name,)

    def reading(self, target: str, port: int) -> list[tuple[str, int]]:
        """The nodes, with their ports, that read what a card reads at a port."""
        if target not in self.folded:
            return [(target, port)]
        source, group = self._ends[target].sources[port], self.folded[target]
        nodes = [self.network.nodes[member] for member in group.members]
        return [(node.name, i) for node in nodes for i, read in enumerate(node.inputs) if read == source]
