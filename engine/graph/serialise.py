"""Networks as JSON. Reading trusts nothing: every fault is collected and named."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..layers import TYPES
from ..spec import Layer, NetworkError, ParameterError, Problem, Shape
from . import order, shaping
from .groups import Group, Groups
from .node import INPUT, Node, name_problem, unknown_source

FORMAT = "convscope-network"
VERSION = 1

Layout = Mapping[str, tuple[float, float]]
_LONGEST_TITLE = 200


@dataclass(frozen=True)
class Parts:
    """What a network is made of."""

    name: str
    input: Shape
    nodes: Mapping[str, Node]
    layout: Layout
    groups: Groups = field(default_factory=dict)


def to_dict(parts: Parts) -> dict[str, Any]:
    """The JSON document of a network."""
    document: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": parts.name, "input": list(parts.input)}
    document["layers"] = [_node_dict(node) for node in parts.nodes.values()]
    if parts.groups:
        document["blocks"] = [_group_dict(group) for group in parts.groups.values()]
    if parts.layout:
        document["layout"] = {name: list(position) for name, position in parts.layout.items()}
    return document


def _node_dict(node: Node) -> dict[str, Any]:
    kind, version = node.layer.type_name(), node.layer.version
    params = node.layer.values()
    return {"name": node.name, "type": kind, "version": version, "inputs": list(node.inputs), "params": params}


def _group_dict(group: Group) -> dict[str, Any]:
    record = {"name": group.name, "type": group.block, "version": group.version}
    return record | {"params": dict(group.params), "layers": list(group.members)}


def parse(text: str) -> Any:
    """The JSON document in a text; NetworkError if it is not JSON."""
    try:
        return json.loads(text)
    except RecursionError:
        fault = _fault("the text is nested more deeply than any network", "open a file written by Convscope")
        raise NetworkError([fault]) from None
    except ValueError as error:
        raise NetworkError([_fault(f"the text is not JSON ({error})", "open a file written by Convscope")]) from None


def from_dict(document: Any) -> Parts:
    """The parts of a network; NetworkError lists everything that is wrong with the document."""
    if problems := _frame_problems(document):
        raise NetworkError(problems)
    nodes: dict[str, Node] = {}
    for index, entry in enumerate(document["layers"], start=1):
        node = _read_node(entry, index, problems)
        if node is not None and node.name in nodes:
            problems.append(node.problem("duplicate", "this name is used twice", "rename one of them"))
        elif node is not None:
            nodes[node.name] = node
    name, shape = _read_name(document, problems), _read_input(document, problems)
    groups = {} if problems else _read_groups(document.get("blocks", []), nodes, problems)
    problems += [] if problems else _graph_problems(nodes)
    if problems:
        raise NetworkError(problems)
    return Parts(name, shape, nodes, _read_layout(document.get("layout"), {*nodes, *groups}), groups)


def _frame_problems(document: Any) -> list[Problem]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return [_fault("this is not a Convscope network", f'the top level must say "format": "{FORMAT}"')]
    if document.get("version") != VERSION:
        found = f"the network has version {_shown(document.get('version'))} and this program reads {VERSION}"
        return [_fault(found, "update Convscope")]
    lists = [key for key in ("input", "layers") if not isinstance(document.get(key), list)]
    return [_fault(f"the list {key!r} is missing", "open a complete file") for key in lists]


def _read_name(document: Mapping[str, Any], problems: list[Problem]) -> str:
    name = document.get("name", "network")
    if not isinstance(name, str) or len(name) > _LONGEST_TITLE or not name.isprintable():
        problems.append(_fault("the network's name is not a short text", "give it one"))
        return ""
    return name


def _read_input(document: Mapping[str, Any], problems: list[Problem]) -> Shape:
    try:
        return shaping.check_input(document["input"])
    except NetworkError as error:
        problems += error.problems
        return ()


def _read_node(entry: Any, index: int, problems: list[Problem]) -> Node | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        problems.append(_fault(f"layer number {index} has no name", "give it one"))
        return None
    name, inputs = entry["name"], entry.get("inputs")
    illegal = name_problem(name)
    if illegal or name == INPUT:
        problems.append(illegal or _fault(f"a layer is named {name!r}, which is the image", "rename it"))
        return None
    layer = _read_layer(entry, name, problems)
    if not isinstance(inputs, list) or not all(isinstance(source, str) for source in inputs):
        problems.append(
            Problem("format", name, _shown(entry.get("type")), "its inputs are no list of names", "mend it")
        )
        return None
    return None if layer is None else Node(name, layer, tuple(inputs))


def _read_layer(entry: Mapping[str, Any], name: str, problems: list[Problem]) -> Layer | None:
    kind, params = entry.get("type"), entry.get("params", {})
    layer_type = TYPES.get(kind) if isinstance(kind, str) else None
    if layer_type is None:
        known = ", ".join(TYPES)
        problems.append(
            Problem("unknown-type", name, _shown(kind), "this layer type is unknown", f"use one of: {known}")
        )
        return None
    kind = layer_type.type_name()
    if entry.get("version", 1) != layer_type.version:
        found = f"has version {_shown(entry.get('version'))} and this program knows {layer_type.version}"
        problems.append(Problem("version", name, kind, found, "update Convscope"))
        return None
    if not isinstance(params, dict):
        problems.append(Problem("format", name, kind, "its params are not an object", "use names and values"))
        return None
    try:
        return layer_type().replace(**params)
    except ParameterError as error:
        for reason in error.reasons:
            what, _, fix = reason.rpartition(": ")
            problems.append(Problem("parameter", name, kind, what, fix))
        return None


def _graph_problems(nodes: Mapping[str, Node]) -> list[Problem]:
    known = {INPUT, *nodes}
    problems = [unknown_source(node, s) for node in nodes.values() for s in node.inputs if s not in known]
    return problems + [shaping.cycle_problem(node) for node in order.unplaced(nodes)]


def _read_groups(entries: Any, nodes: Mapping[str, Node], problems: list[Problem]) -> dict[str, Group]:
    """Groups of known nodes. Types and parameters are kept as they are: whether they are known, blocks tell."""
    if not isinstance(entries, list):
        problems.append(_fault("the blocks are not a list", "remove them: the layers stay"))
        return {}
    found: dict[str, Group] = {}
    free = set(nodes)
    for index, entry in enumerate(entries, start=1):
        group = _read_group(entry)
        if group is None:
            problems.append(_fault(f"block number {index} lacks a name, type, params or layers", "remove it"))
        elif group.name in {INPUT, *nodes, *found}:
            problems.append(group.problem("duplicate", "this name is used twice", "rename one of them"))
        elif not free.issuperset(group.members):
            faulty = next(member for member in group.members if member not in free)
            what = f"{faulty[:60]!r} is no layer, or is in another block"
            problems.append(group.problem("unknown", what, "name layers of this block only"))
        else:
            free -= set(group.members)
            found[group.name] = group
    return found


def _read_group(entry: Any) -> Group | None:
    """A group from a document; None if it is damaged."""
    match entry:
        case {"name": str(name), "type": str(kind), "params": dict(params), "layers": [*members]}:
            legal = name_problem(name) is None and name_problem(kind) is None
            listed = bool(members) and all(isinstance(m, str) for m in members) and len({*members}) == len(members)
            version = entry.get("version", 1)
            if legal and listed and type(version) is int and all(isinstance(key, str) for key in params):
                return Group(name, kind, {key: _frozen(value) for key, value in params.items()}, (*members,), version)
    return None


def _frozen(value: Any) -> Any:
    """A value from a document with tuples for lists, as parameters have them."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _read_layout(layout: Any, known: set[str]) -> Layout:
    """Positions of known nodes and groups and of the input; a damaged entry only loses its position."""
    entries = layout.items() if isinstance(layout, dict) else ()
    known = {INPUT, *known}
    return {name: place for name, given in entries if name in known and (place := _position(given))}


def _position(given: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(v) for v in given)
    except (TypeError, ValueError, OverflowError):
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _fault(what: str, fix: str) -> Problem:
    return Problem("format", None, None, what, fix)


def _shown(value: Any) -> str:
    """A value from the document, short enough for a message."""
    return repr(value)[:40] if isinstance(value, str | int | float | None) else type(value).__name__
