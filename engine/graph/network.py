"""The network: a directed acyclic graph of named layers. Pure data; nothing here computes on images."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..spec import Declared, Layer, NetworkError, Problem, Shape, Weight
from . import grouping, groups, order, parts, serialise, shaping
from .groups import Expands, Group
from .node import INPUT, Node, name_problem, unknown_source

if TYPE_CHECKING:
    from ..cost import Summary
    from ..cost.advice import Advice


class Network:
    """A graph of named layers over one image input.

    Building never raises for a network that is merely unfinished: `problems()` lists what is missing. Edits that make
    no sense (unknown node, duplicate name, a cycle) raise NetworkError and leave the network as it was.

    `layout` maps names of nodes and groups to canvas positions; it is carried along, never interpreted. Like it, groups
    are no part of what makes networks equal: they tell how layers came in, not what is computed.
    """

    def __init__(self, input: Sequence[int], name: str = "network") -> None:
        self.name = name
        self.layout: dict[str, tuple[float, float]] = {}
        self._nodes: dict[str, Node] = {}
        self._groups: dict[str, Group] = {}
        self._input = shaping.check_input(input)
        self._inference: shaping.Inference | None = None
        self._earlier: shaping.Inference | None = None  # of the network before the last changes
        self._order: list[Node] | None = None
        self._known: dict[str, Shape | None] = {}  # shapes that later additions do not change

    # ---- reading

    @property
    def input(self) -> Shape:
        """Shape of one input image, (H, W, C)."""
        return self._input

    @input.setter
    def input(self, shape: Sequence[int]) -> None:
        self._input = shaping.check_input(shape)
        self._change(self._nodes)

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Nodes by name, in the order they were added."""
        return self._nodes

    @property
    def groups(self) -> Mapping[str, Group]:
        """Blocks among the nodes by name, in the order they were added."""
        return self._groups

    def group_of(self, name: str) -> Group | None:
        """The block that a node belongs to; None if it is a layer by itself."""
        return next((group for group in self._groups.values() if name in group.members), None)

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def __getitem__(self, name: str) -> Layer:
        return self._node(name).layer

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Network {self.name!r}: {len(self)} layers, input {self.input}>"

    def order(self) -> list[Node]:
        """Nodes so that each comes after its inputs; ties in the order they were added."""
        if self._order is None:
            self._order = order.topological(self._nodes)
        return list(self._order)

    def consumers(self, name: str) -> list[str]:
        """Names of the nodes that read this one (each once)."""
        return [node.name for node in self._nodes.values() if name in node.inputs]

    def outputs(self) -> list[str]:
        """Names of the nodes nobody reads."""
        return order.ends(self._nodes) if self._inference is None else list(self._inference.ends)

    @property
    def output(self) -> str:
        """The one node nobody reads; NetworkError if there is none or more than one."""
        ends = self.outputs()
        if len(ends) != 1:
            raise NetworkError([shaping.ends_problem(ends)])
        return ends[0]

    def ancestors(self, name: str) -> set[str]:
        """The node and everything it depends on, without the input."""
        return order.ancestors(self._nodes, name)

    def shapes(self) -> Mapping[str, Shape | None]:
        """Output shape of the input and of every node; None where it cannot be known."""
        return self._infer().shapes

    def shape_of(self, name: str) -> Shape | None:
        """One node's output shape, as in `shapes()`, without looking at what it does not depend on."""
        if self._inference is not None:
            return self._inference.shapes.get(name)
        self._known[INPUT] = self.input
        return shaping.shape_of(self, name, self._known)

    def input_shapes(self, name: str) -> tuple[Shape, ...]:
        """Shapes a node receives; NetworkError if one of them is unknown."""
        shapes = [self.shapes().get(source) for source in self._node(name).inputs]
        if any(shape is None for shape in shapes):
            raise NetworkError(self.errors())
        return tuple(shape for shape in shapes if shape is not None)

    def weights(self) -> dict[str, Weight]:
        """Declarations of all weights by full name, such as `conv1.weight`; NetworkError if there are errors."""
        self.check()
        return {
            f"{node.name}.{weight.name}": weight
            for node in self.order()
            for weight in node.layer.weights(self.input_shapes(node.name))
        }

    def problems(self) -> list[Problem]:
        """Everything that is wrong or doubtful, errors first; empty for a sound network. Never raises."""
        found = list(self._infer().problems)
        if self._groups:
            from ..blocks import unknown  # blocks build on graph  # noqa: PLC0415

            found += unknown(self)
        return found

    def errors(self) -> list[Problem]:
        """The problems that keep the network from running."""
        return [p for p in self.problems() if p.severity == "error"]

    def check(self) -> None:
        """Raise NetworkError with all errors unless the network can run."""
        if errors := self.errors():
            raise NetworkError(errors)

    def summary(self, batch: int = 1, optimizer_arrays: int = 1, frozen: Collection[str] = ()) -> Summary:
        """Costs of every layer and in total: a printable table, with `.rows` and `.totals` as data.

        `optimizer_arrays` is how many numbers the optimiser keeps for each weight: 1 for momentum, 2 for Adam. Layers
        in `frozen` do not learn.
        """
        from ..cost import summarise  # cost builds on graph; this is the convenience the API promises  # noqa: PLC0415

        return summarise(self, batch, optimizer_arrays, frozen)

    def advice(self) -> list[Advice]:
        """What the guidelines of network design say of it, with exact figures, some with a rewrite. Never raises."""
        from ..cost.advice import advise  # the same  # noqa: PLC0415

        return advise(self)

    # ---- editing

    def add(self, layer: Layer, name: str | None = None, inputs: Iterable[str] | None = None) -> str:
        """Append a layer and return its name.

        Without `inputs` it reads the node added last (or the image). Without `name` it gets its type and a number.
        """
        if inputs is None:
            inputs = next(reversed(self._nodes), INPUT)
        name = self.free_name(layer) if name is None else str(name)
        node = Node(name, layer, _names(inputs))
        self._require([*self._name_problems(name), *self._source_problems(node)])
        self._change({**self._nodes, name: node}, self._known)
        return name

    def remove(self, name: str, reconnect: bool = False) -> None:
        """Remove a node. With `reconnect`, its readers read its first input instead; else they lose a connection."""
        gone = self._node(name)
        substitute = gone.inputs[:1] if reconnect else ()
        kept = {n: _reading(node, name, substitute) for n, node in self._nodes.items()}
        del kept[name]
        self.layout.pop(name, None)
        self._regroup(groups.exchanged(self._groups, [name], []))
        self._change(kept)

    def rewire(self, name: str, inputs: Iterable[str]) -> None:
        """Replace what a node reads. NetworkError if a source is unknown or a cycle would arise."""
        node = replace(self._node(name), inputs=_names(inputs))
        self._require(self._source_problems(node))
        self._change({**self._nodes, name: node})
        self._regroup(groups.grown(self._groups, self._nodes))

    def rename(self, old: str, new: str) -> None:
        """Give a node another name; its readers follow."""
        self._node(old)
        if old == new:
            return
        self._require(self._name_problems(new))
        followed = (_reading(node, old, (new,)) for node in self._nodes.values())
        renamed = {node.name: node for node in (replace(n, name=new) if n.name == old else n for n in followed)}
        if old in self.layout:
            self.layout[new] = self.layout.pop(old)
        self._regroup(groups.renamed(self._groups, old, new))
        self._change(renamed)

    def set(self, name: str, **params: Any) -> None:
        """Change parameters of a node's layer; ParameterError names every illegal one."""
        node, placed = self._node(name), self._order
        self._change({**self._nodes, name: replace(node, layer=node.layer.replace(**params))})
        if placed is not None:
            self._order = [self._nodes[node.name] for node in placed]

    def exchange(self, path: Sequence[str], chain: Sequence[tuple[str, Layer]]) -> None:
        """Replace nodes that follow one another by a chain of named layers, where they stood in the order.

        The chain reads what the path's first node read; what read the path's last node reads the chain's end. Names of
        the path may be used again. NetworkError if another node reads from inside the path or a name is taken.
        """
        nodes = [self._node(name) for name in path]
        self._require(self._exchange_problems(nodes, [name for name, _ in chain]))
        source, links = nodes[0].inputs, {}
        for name, layer in chain:
            links[name], source = Node(name, layer, source), (name,)
        kept: dict[str, Node] = {}
        for node in self._nodes.values():
            if node is nodes[-1]:
                kept |= links
            elif node not in nodes:
                kept[node.name] = _reading(node, path[-1], source)
        self.layout = {name: place for name, place in self.layout.items() if name in kept or name not in path}
        self._regroup(groups.exchanged(self._groups, path, list(links)))
        self._change(kept)

    def cycle_through(self, source: str, target: str) -> list[str]:
        """The cycle that an edge from `source` to `target` would close, as a path of names; empty if none."""
        if source not in self._nodes or target not in self._nodes:
            return []
        return order.path(self._nodes, target, source)

    def free_name(self, declared: Declared | Expands) -> str:
        """An unused name made of the type of a layer or block and a number: conv1, relu2 …"""
        stem = declared.type_name().lower().removesuffix("2d")
        taken = {*self._nodes, *self._groups, *(name.partition("_")[0] for name in self._nodes)}
        number = 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"

    def copy(self, name: str | None = None) -> Network:
        """An independent network with the same layers."""
        twin = Network(self.input, self.name if name is None else name)
        twin._nodes = dict(self._nodes)
        twin._inference, twin._earlier, twin._order = self._inference, self._earlier, self._order
        twin.layout, twin._groups, twin._known = dict(self.layout), dict(self._groups), dict(self._known)
        return twin

    def part(self, begin: str = INPUT, end: str | None = None, input: Sequence[int] | None = None) -> Network:
        """The layers behind `begin` up to `end` (without it all) as a network of its own, for maps of `begin`'s shape.

        `input` gives them another one. NetworkError if they do not depend on `begin` and nothing else.
        """
        return parts.between(self, begin, self.output if end is None else end, input)

    def assign(self, other: Network) -> None:
        """Become equal to another network; undo and redo go through here."""
        self.name, self._input, self.layout = other.name, other._input, dict(other.layout)
        self._groups = dict(other._groups)
        self._change(dict(other._nodes), other._known)
        self._inference, self._order = other._inference, other._order

    # ---- blocks

    def add_block(self, block: Expands, name: str | None = None, inputs: Iterable[str] | None = None) -> str:
        """Append the layers of a block, named after it, and return the name of the last one.

        Without `inputs` it reads the node added last (or the image). NetworkError, and nothing is added, if a name is
        taken or the block cannot know its layers because the number of channels it reads is unknown.
        """
        names = _names(next(reversed(self._nodes), INPUT) if inputs is None else inputs)
        name = self.free_name(block) if name is None else str(name)
        self._require(self._name_problems(name))
        after = self.copy()
        last = block.expand(after, name, groups.one_source(names, block))
        members = tuple(node for node in after.nodes if node not in self._nodes)
        after._groups[name] = Group(name, block.type_name(), block.values(), members, block.version)
        self.assign(after)
        return last

    def group(self, group: Group) -> None:
        """Record that nodes which are there are a block. NetworkError if they, or the name, are taken."""
        self._require([*([problem] if (problem := name_problem(group.name)) else []), *groups.check(self, group)])
        self._groups[group.name] = group

    def ungroup(self, name: str) -> None:
        """Forget a block; its layers stay."""
        del self._groups[self._group(name).name]
        self.layout.pop(name, None)

    def rename_block(self, old: str, new: str) -> None:
        """Give a block another name; its layers that are named after it follow."""
        group = self._group(old)
        if old != new:
            self._require(self._name_problems(new))
            self.assign(grouping.renamed(self, group, new))

    def replace_block(self, name: str, block: Expands, names: Mapping[str, str] | None = None) -> None:
        """Put another block in the place of one, under its name: what read the old one's result reads the new one's.

        `names` renames layers of the new block. NetworkError if the old one has several sources or results.
        """
        self.assign(grouping.replaced(self, self._group(name), block, names or {}))

    # ---- files

    def to_dict(self) -> dict[str, Any]:
        """The network as a JSON document."""
        return serialise.to_dict(serialise.Parts(self.name, self._input, self._nodes, self.layout, self._groups))

    def to_json(self, indent: int | None = 2) -> str:
        """The network as JSON text; `Network.from_json` reads it back unchanged."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    @classmethod
    def from_dict(cls, document: Any) -> Network:
        """Read a network; NetworkError lists everything that is wrong with the document."""
        parts = serialise.from_dict(document)
        network = cls(parts.input, parts.name)
        network._change(dict(parts.nodes))
        network.layout, network._groups = dict(parts.layout), dict(parts.groups)
        return network

    @classmethod
    def from_json(cls, text: str) -> Network:
        """Read a network; NetworkError lists everything that is wrong with the text."""
        return cls.from_dict(serialise.parse(text))

    # ---- internals

    def _state(self) -> tuple[Any, ...]:
        return self.name, self._input, list(self._nodes.values())

    def _node(self, name: str) -> Node:
        try:
            return self._nodes[name]
        except KeyError:
            known = ", ".join(list(self._nodes)[:12]) or "none yet"
            problem = Problem("unknown", None, None, f"there is no layer {name!r}", f"use one of: {known}")
            raise NetworkError([problem]) from None

    def _group(self, name: str) -> Group:
        if name in self._groups:
            return self._groups[name]
        known = ", ".join(list(self._groups)[:12]) or "none yet"
        raise NetworkError([Problem("unknown", None, None, f"there is no block {name!r}", f"use one of: {known}")])

    def _regroup(self, after: Mapping[str, Group]) -> None:
        for gone in self._groups.keys() - after.keys():
            self.layout.pop(gone, None)
        self._groups = dict(after)

    def _infer(self) -> shaping.Inference:
        if self._inference is None:
            self._inference = shaping.infer(self, self._earlier)
        return self._inference

    def _change(self, nodes: dict[str, Node], known: Mapping[str, Shape | None] | None = None) -> None:
        self._nodes = nodes
        self._earlier = self._inference or self._earlier
        self._inference = self._order = None
        self._known = dict(known or {})

    def _name_problems(self, name: str) -> list[Problem]:
        if problem := name_problem(name):
            return [problem]
        if name in self._nodes or name in self._groups or name == INPUT:
            return [Problem("duplicate", None, None, f"the name {name} is taken", "choose another name")]
        return []

    def _source_problems(self, node: Node) -> list[Problem]:
        problems = []
        for source in node.inputs:
            if source == node.name:
                problems.append(node.problem("cycle", "cannot read itself", "connect it to an earlier layer"))
            elif source != INPUT and source not in self._nodes:
                problems.append(unknown_source(node, source))
            elif loop := self.cycle_through(source, node.name):
                circle = " → ".join([*loop, loop[0]])
                what = f"reading {source} would close the cycle {circle}"
                problems.append(node.problem("cycle", what, "connect it to an earlier layer"))
        return problems

    def _exchange_problems(self, path: list[Node], names: list[str]) -> list[Problem]:
        gone, problems = {node.name for node in path}, []
        if not path or not names:
            problems.append(Problem("path", None, None, "nothing is exchanged for nothing", "name layers of both"))
        for node, following in pairwise(path):
            if following.inputs != (node.name,) or self.consumers(node.name) != [following.name]:
                what = f"is not read by {following.name} alone"
                problems.append(node.problem("path", what, "exchange layers of which each is read by the next only"))
        for name in names:
            if names.count(name) > 1:
                problems.append(Problem("duplicate", None, None, f"two layers are to be named {name}", "rename one"))
            elif name not in gone:
                problems += self._name_problems(name)
        return problems

    def _require(self, problems: list[Problem]) -> None:
        if problems:
            raise NetworkError(problems)


def _names(inputs: Iterable[str]) -> tuple[str, ...]:
    """Names as a tuple; one name alone stands for itself, not for its letters."""
    return (inputs,) if isinstance(inputs, str) else tuple(inputs)


def _reading(node: Node, name: str, substitute: tuple[str, ...]) -> Node:
    """The node with others in the place of one of its inputs; the very same if it does not read that."""
    if name not in node.inputs:
        return node
    return replace(
        node, inputs=tuple(s for source in node.inputs for s in (substitute if source == name else (source,)))
    )
