"""Networks as JSON text. Reading trusts nothing: every fault is collected and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..layers import TYPES
from ..spec import NetworkError, ParameterError, Problem

if TYPE_CHECKING:
    from .network import Network, Node

FORMAT = "convscope-network"
VERSION = 1


def to_dict(network: Network) -> dict[str, Any]:
    layers = [
        {"name": node.name, "type": node.layer.type_name(), "version": node.layer.version, "inputs": list(node.inputs), "params": node.layer.values()}
        for node in network.nodes.values()
    ]
    document: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": network.name, "input": list(network.input), "layers": layers}
    if network.layout:
        document["layout"] = {name: list(position) for name, position in network.layout.items()}
    return document


def to_json(network: Network, indent: int | None) -> str:
    return json.dumps(to_dict(network), indent=indent, ensure_ascii=False)


def from_json(text: str) -> Network:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _fault(f"the text is not JSON ({error})", "open a file written by Convscope") from None
    return from_dict(document)


def from_dict(document: Any) -> Network:
    from .network import Network  # the class builds on this module  # noqa: PLC0415

    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _fault("this is not a Convscope network", f'the top level must say "format": "{FORMAT}"')
    if document.get("version") != VERSION:
        raise _fault(f"the file has version {document.get('version')!r} and this program reads {VERSION}", "update Convscope")
    entries = document.get("layers")
    if not isinstance(entries, list) or not isinstance(document.get("input"), list):
        raise _fault("the lists 'input' and 'layers' are missing", "open a complete file")
    network = Network(document["input"], str(document.get("name", "network")))
    problems: list[Problem] = []
    nodes: dict[str, Node] = {}
    for index, entry in enumerate(entries):
        node = _read_node(entry, index, problems)
        if node is None:
            continue
        problems += network._name_problems(node.name, node.layer)
        if node.name in nodes:
            problems.append(Problem("duplicate", node.name, node.layer.type_name(), "this name is used twice", "rename one of them"))
        nodes[node.name] = node
    problems += _graph_problems(network, nodes)
    if problems:
        raise NetworkError(problems)
    network._change(nodes)
    network.layout = _read_layout(document.get("layout"), nodes)
    return network


def _read_node(entry: Any, index: int, problems: list[Problem]) -> Node | None:
    from .network import Node  # noqa: PLC0415

    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not isinstance(entry.get("inputs"), list):
        problems.append(Problem("format", None, None, f"layer number {index + 1} has no name or inputs", "give it both"))
        return None
    name, kind = entry["name"], entry.get("type")
    layer_type = TYPES.get(kind) if isinstance(kind, str) else None
    if layer_type is None:
        problems.append(Problem("unknown-type", name, str(kind), "this layer type is unknown", f"use one of: {', '.join(TYPES)}"))
        return None
    if entry.get("version", 1) != layer_type.version:
        problems.append(Problem("version", name, kind, f"has version {entry.get('version')!r} and this program knows {layer_type.version}", "update Convscope"))
        return None
    try:
        params = {key: tuple(v) if isinstance(v, list) else v for key, v in dict(entry.get("params") or {}).items()}
        layer = layer_type().replace(**params)
    except ParameterError as error:
        problems += [Problem("parameter", name, kind, reason, "correct it") for reason in error.reasons]
        return None
    except (TypeError, ValueError):
        problems.append(Problem("format", name, kind, "its params are not an object", "use names and values"))
        return None
    return Node(name, layer, tuple(str(source) for source in entry["inputs"]))


def _graph_problems(network: Network, nodes: dict[str, Node]) -> list[Problem]:
    problems = []
    for node in nodes.values():
        for source in node.inputs:
            if source != "input" and source not in nodes:
                problems.append(Problem("unknown", node.name, node.layer.type_name(), f"its input {source!r} does not exist", "name an existing layer or 'input'"))
    from .order import topological  # noqa: PLC0415
    from .shaping import _cycle_problem  # noqa: PLC0415

    placed = {node.name for node in topological(nodes)}
    return problems + [_cycle_problem(node) for name, node in nodes.items() if name not in placed]


def _read_layout(layout: Any, nodes: dict[str, Node]) -> dict[str, tuple[float, float]]:
    """Positions of known nodes and the input; a damaged entry only loses its position."""
    known = layout.items() if isinstance(layout, dict) else ()
    return {
        name: (float(place[0]), float(place[1]))
        for name, place in known
        if (name in nodes or name == "input") and isinstance(place, list) and len(place) == 2 and all(isinstance(v, int | float) for v in place)
    }


def _fault(what: str, fix: str) -> NetworkError:
    return NetworkError([Problem("format", None, None, what, fix)])
