"""A network as the code of a PyTorch module, layer by layer, with channels first."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph import INPUT, Network, Node
from ...layers import family_of
from ...spec import ConvscopeError
from ..channels_first import flattened, theirs
from .names import class_name, identifiers, printable
from .part import Part, Source

_KEEPS_NO_OUTPUT = frozenset({"Conv2D", "ConvTranspose2D", "Dense", "BatchNorm", "Add"})
"""Backward does not read what these write: a ReLU may write over it."""


@dataclass(frozen=True)
class Code:
    """The code of a module: its class's name, what it declares and does line by line, functions beside it.

    `sources` says for each entry of its state what fills it, `attributes` what a node's module is called.
    """

    title: str
    declarations: tuple[str, ...]
    statements: tuple[str, ...]
    helpers: tuple[str, ...]
    argument: str
    sources: Mapping[str, Source]
    attributes: Mapping[str, str]

    def state(self, weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The module's state, in PyTorch's layout, from weights by our names; those that are not there are left out."""
        return {key: _laid_out(source, weights) for key, source in self.sources.items() if source.weight in weights}

    def uses(self, text: str) -> bool:
        """Whether a text is anywhere in the code."""
        return any(text in line for line in (*self.helpers, *self.declarations, *self.statements))

    def module(self, doc: str) -> str:
        """The class, and before it the functions it needs."""
        body = [f'    """{doc}"""', "", "    def __init__(self):", "        super().__init__()"]
        body += [f"        {line}" for line in self.declarations]
        body += ["", f"    def forward(self, {self.argument}):", *(f"        {line}" for line in self.statements)]
        return "\n\n".join([*self.helpers, "\n".join([f"class {self.title}(nn.Module):", *body])])


def coded(network: Network) -> Code:
    """The code of a sound network. ConvscopeError lists all layers that cannot be written."""
    parts, problems, variables = [], [], _variables(network)
    statements: list[str] = []
    declarations: list[str] = []
    follow, names = flattened(network), identifiers(network.nodes)
    block = None
    for node in network.order():
        part = Part(
            node.name,
            names[node.name],
            [variables[source] for source in node.inputs],
            network.input_shapes(node.name),
            follow.orders[node.inputs[0]],
            node.name in follow.turned,
            _may_overwrite(network, node.inputs[0]),
        )
        try:
            expression = _declared(node)(node.layer, part)
        except ConvscopeError as error:
            problems.append(str(error))
            continue
        group = network.group_of(node.name)
        if group is not block and group is not None:
            comment = f"# {printable(group.name)}: {printable(group.block)}"
            statements.append(comment)
            declarations += [comment] if part.declarations else []
        block = group
        parts.append(part)
        declarations += part.declarations
        statements.append(
            f"return {expression}" if node.name == network.output else f"{variables[node.name]} = {expression}"
        )
    if problems:
        raise ConvscopeError(" ".join(problems))
    helpers = dict.fromkeys(helper for part in parts for helper in part.helpers)
    sources = {key: source for part in parts for key, source in part.sources.items()}
    return Code(
        class_name(network.name),
        tuple(declarations),
        tuple(statements),
        tuple(helpers),
        variables[INPUT],
        sources,
        names,
    )


def _declared(node: Node) -> Any:
    """What a family declares for a layer; ConvscopeError if that is nothing."""
    table = importlib.import_module(f"{family_of(type(node.layer))}.to_torch").MODULES
    if type(node.layer) not in table:
        raise ConvscopeError(f"{node.name} ({node.layer.type_name()}) has no counterpart in PyTorch; leave it out.")
    return table[type(node.layer)]


def _variables(network: Network) -> dict[str, str]:
    """What holds each value: x where only the next statement reads it, else a variable named after the layer."""
    order, names = network.order(), identifiers(network.nodes)
    following = dict(zip([INPUT, *(node.name for node in order)], [*(node.name for node in order), ""]))
    return {
        name: "x" if network.consumers(name) == [after] else names.get(name, "image")
        for name, after in following.items()
    }


def _may_overwrite(network: Network, source: str) -> bool:
    """Whether a value may be written over by its reader: nobody else reads it, neither forward nor backward."""
    readers = [node for node in network.nodes.values() for name in node.inputs if name == source]
    return len(readers) == 1 and source in network and network[source].type_name() in _KEEPS_NO_OUTPUT


def _laid_out(source: Source, weights: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    array = weights[source.weight]
    return np.ascontiguousarray(theirs(array if source.order is None else array[source.order]))
