"""Which layers are computed together. A chain of nodes becomes one step: a layer and what is done to its result.

Only plans know of it: networks and declarations stay as they are. The values inside a chain are never stored, so a
chain ends at a node that anybody else reads or that is to be kept.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from .network import Network
from .node import Node

_CHAINS: Mapping[str, tuple[str, ...]] = {
    "Conv2D": ("BatchNorm", "Add", "ReLU"),
    "ConvTranspose2D": ("Add", "ReLU"),
    "SeparableConv2D": ("BatchNorm", "Add", "ReLU"),
    "Dense": ("BatchNorm", "ReLU"),
    "BatchNorm": ("Add", "ReLU"),
    "Add": ("ReLU",),
}
"""What each type of layer can take into its step, in this order; any part may be missing."""


@dataclass(frozen=True)
class Epilogue:
    """What a step does to its layer's result before storing it: fixed batch norm, a sum, a ReLU, in this order.

    `norm` is folded into the layer's weights; `add_port` is the port on which the step reads the other term of the
    sum; `nodes` names the nodes it stands for.
    """

    norm: Node | None = None
    add_port: int | None = None
    relu: bool = False
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """A node, the values its step reads, and what the step does to its result."""

    head: Node
    inputs: tuple[str, ...]
    epilogue: Epilogue = field(default_factory=Epilogue)

    @property
    def value(self) -> str:
        """Name of the value that is stored: the last node's."""
        return self.epilogue.nodes[-1] if self.epilogue.nodes else self.head.name


class Chains:
    """Finds the chains among `nodes`, which are in order. `value_of` names the value that each node stands for.

    No chain crosses a value in `kept`. Of the batch norms only those in `fixed_statistics` are folded.
    """

    def __init__(
        self,
        network: Network,
        nodes: Iterable[Node],
        value_of: Mapping[str, str],
        kept: set[str],
        fixed_statistics: Container[str],
    ) -> None:
        self._network, self._nodes, self._value_of, self._kept = network, list(nodes), value_of, kept
        self._fixed = fixed_statistics
        self._readers: dict[str, list[Node]] = {}
        for node in self._nodes:
            for source in node.inputs:
                self._readers.setdefault(value_of[source], []).append(node)

    def found(self) -> list[Chain]:
        """All chains, those of one node too, each at the place of its last node."""
        taken: set[str] = set()
        ends: dict[str, Chain] = {}
        for node in self._nodes:
            if node.name not in taken:
                chain = self._grown(node, taken)
                taken.update(chain.epilogue.nodes)
                ends[chain.value] = chain
        return [ends[node.name] for node in self._nodes if node.name in ends]

    def _grown(self, head: Node, taken: set[str]) -> Chain:
        """The longest chain from `head`."""
        chain = Chain(head, tuple(self._value_of[source] for source in head.inputs))
        for kind in _CHAINS.get(head.layer.type_name(), ()):
            follower = self._only_reader(chain.value, kind, self._network.shapes()[head.name])
            if follower is not None and follower.name not in taken:
                chain = self._extended(chain, follower) or chain
        return chain

    def _only_reader(self, value: str, kind: str, shape: object) -> Node | None:
        """The node of this kind that alone reads a value, once and in this shape; None where there is none."""
        readers = self._readers.get(value, [])
        if value in self._kept or len(readers) != 1 or readers[0].layer.type_name() != kind:
            return None
        same = all(given == shape for given in self._network.input_shapes(readers[0].name))
        return readers[0] if same else None  # a Flatten may lie between

    def _extended(self, chain: Chain, follower: Node) -> Chain | None:
        """The chain with one node more; None where that node cannot join."""
        inputs, done = chain.inputs, replace(chain.epilogue, nodes=(*chain.epilogue.nodes, follower.name))
        match follower.layer.type_name():
            case "BatchNorm":
                return Chain(chain.head, inputs, replace(done, norm=follower)) if follower.name in self._fixed else None
            case "Add":
                others = [value for source in follower.inputs if (value := self._value_of[source]) != chain.value]
                if len(others) != 1 or len(follower.inputs) != 2 or others[0] in inputs:
                    return None
                return Chain(chain.head, (*inputs, others[0]), replace(done, add_port=len(inputs)))
            case _:
                return Chain(chain.head, inputs, replace(done, relu=True))
