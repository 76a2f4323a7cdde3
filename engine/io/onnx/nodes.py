"""The nodes of an ONNX graph as they gather. What a layer becomes stands in its family's `to_onnx.py`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import helper

from ...graph import Network, Node
from ...layers import family_of
from ...spec import ConvscopeError, Shape
from ..channels_first import Flattened, flattened, theirs

Arrays = Mapping[str, NDArray[Any]]


class Nodes:
    """Nodes and constants of a network for one version of the operators."""

    def __init__(self, network: Network, weights: Arrays, opset: int) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.more_outputs: list[str] = []
        self._network, self._weights = network, weights
        self._flattened: Flattened = flattened(network)
        self._taken = {*network.nodes, *network.shapes()}

    def add(self, node: Node) -> None:
        """A layer's nodes; what the last of them gives is named after the layer. ConvscopeError if it has none."""
        writer = NodeWriter(self, node)
        writer.finish(declared(node)(node.layer, writer))

    def free_name(self, name: str) -> str:
        """The name, or the name with a number where it is taken."""
        free, number = name, 2
        while free in self._taken:
            free, number = f"{name}_{number}", number + 1
        self._taken.add(free)
        return free


def declared(node: Node) -> Any:
    """What a family declares for a layer; ConvscopeError if that is nothing."""
    table = importlib.import_module(f"{family_of(type(node.layer))}.to_onnx").NODES
    if type(node.layer) not in table:
        raise ConvscopeError(f"{node.name} ({node.layer.type_name()}) has no counterpart in ONNX; leave it out.")
    return table[type(node.layer)]


class NodeWriter:
    """What one layer is written with. Called with an operator's name, it adds a node and gives its result's name."""

    def __init__(self, whole: Nodes, node: Node) -> None:
        network = whole._network
        self._whole, self._node = whole, node
        self._order = whole._flattened.orders[node.inputs[0]]
        self._own: list[onnx.NodeProto] = []
        self.opset = whole.opset
        self.inputs: tuple[str, ...] = node.inputs
        self.shapes: tuple[Shape, ...] = network.input_shapes(node.name)
        self.turns = node.name in whole._flattened.turned
        """Whether a picture is to be flattened in our order."""

    def __call__(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self.several(operator, *inputs, count=1, **attributes)[0]

    def several(self, operator: str, *inputs: str, count: int, **attributes: Any) -> tuple[str, ...]:
        """A node that gives several results."""
        name = self._whole.free_name(f"{self._node.name}/{operator}")
        results = (name, *(f"{name}:{number}" for number in range(1, count)))
        self._own.append(helper.make_node(operator, inputs, results, name, **attributes))
        return results

    def weight(self, name: str) -> str:
        """A weight of the layer that does not depend on the order of what the layer reads."""
        return self.constant(name, theirs(self._array(name)) if self._array(name).ndim == 4 else self._array(name))

    def by_feature(self, name: str) -> NDArray[Any]:
        """A weight that has a row for each value of a vector, or channel of a picture, in the order they come in."""
        array = self._array(name)
        return array if self._order is None else array[self._order]

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """A constant of the layer."""
        full = self._whole.free_name(f"{self._node.name}.{name}")
        self._whole.constants[full] = array
        return full

    def also_output(self, name: str) -> None:
        """Make a value that the layer reads an output of the graph."""
        self._whole.more_outputs.append(name)

    def require(self, opset: int, what: str) -> None:
        """ConvscopeError unless the version of the operators is at least this."""
        if self.opset < opset:
            named = f"{self._node.name} ({self._node.layer.type_name()})"
            raise ConvscopeError(f"{named} {what}, which opset {self.opset} cannot say; use opset {opset} or newer.")

    def finish(self, result: str) -> None:
        """Name the result after the layer and hand the nodes over."""
        maker = next(node for node in self._own if result in node.output)
        maker.output[list(maker.output).index(result)] = maker.name = self._node.name
        self._whole.nodes += self._own

    def _array(self, name: str) -> NDArray[Any]:
        return self._whole._weights[f"{self._node.name}.{name}"]
