"""Shape inference over the whole network, collecting every problem on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING

from ..spec import NetworkError, Problem, Shape, ShapeError
from ..spec.param import LARGEST
from . import order
from .node import INPUT, Node

if TYPE_CHECKING:
    from .network import Network


@dataclass(frozen=True)
class Inference:
    """Shapes by node name (None where unknown) and all problems, errors first.

    `nodes` are those it was made of, `own` the problems of each that has any, `ends` the names of those nobody reads.
    """

    shapes: Mapping[str, Shape | None]
    problems: tuple[Problem, ...]
    nodes: Mapping[str, Node] = field(default_factory=dict)
    own: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    ends: tuple[str, ...] = ()


def check_input(shape: Sequence[int]) -> Shape:
    """A legal input shape as a tuple, or NetworkError."""
    given = tuple(shape)
    if len(given) != 3 or not all(_is_size(d) for d in given):
        what = f"the input is {'×'.join(str(d)[:20] for d in given[:6]) or 'nothing'}"
        fix = "use height, width and channels, three whole numbers of at least 1"
        raise NetworkError([Problem("input", None, None, what, fix)])
    return tuple(int(d) for d in given)


def _is_size(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and 1 <= int(value) <= LARGEST


def ends_problem(ends: list[str]) -> Problem:
    """The problem of a network that has not exactly one end."""
    if not ends:
        return Problem("ends", None, None, "the network has no layers", "add a first layer")
    named = ", ".join(ends[:6]) + (" …" if len(ends) > 6 else "")
    what = f"{len(ends)} layers lead nowhere: {named}"
    return Problem("ends", None, None, what, "join them with Add or Concat, or remove all but one")


def cycle_problem(node: Node) -> Problem:
    """The problem of a node that has no place in the order."""
    return node.problem("cycle", "is part of a cycle, or reads from one", "connect it to an earlier layer")


def infer(network: Network, before: Inference | None = None) -> Inference:
    """Shapes and problems of a network, finished or not.

    Nodes that are the same as `before`, an earlier state, and receive the same shapes are not looked at again.
    """
    before = before or Inference({}, ())
    known, were, had = before.nodes, before.shapes, before.own
    shapes: dict[str, Shape | None] = {INPUT: network.input}
    own: dict[str, tuple[Problem, ...]] = {}
    placed = network.order()
    for node in placed:
        name = node.name
        same = known.get(name) is node
        for source in node.inputs if same else ():
            same = same and shapes.get(source) == were.get(source)
        if same:
            shapes[name] = were[name]
            if name in had:
                own[name] = had[name]
            continue
        fresh: list[Problem] = []
        shapes[name] = _infer_node(node, shapes, fresh)
        if fresh:
            own[name] = tuple(fresh)
    problems = [problem for found in own.values() for problem in found]
    circular = order.unplaced(network.nodes) if len(placed) < len(network.nodes) else []
    problems += [cycle_problem(node) for node in circular]
    shapes |= dict.fromkeys(node.name for node in circular)
    ends = order.ends(network.nodes)
    if len(ends) != 1 and not circular:
        problems.append(ends_problem(ends))
    problems.sort(key=lambda p: p.severity != "error")
    return Inference(shapes, tuple(problems), {node.name: node for node in placed}, own, tuple(ends))


def shape_of(network: Network, name: str, known: dict[str, Shape | None]) -> Shape | None:
    """One node's shape; `known` holds those of nodes that it may depend on, and is added to."""
    waiting, begun = [name], set()
    while waiting:
        node = network.nodes.get(waiting[-1])
        if node is None or node.name in known:
            waiting.pop()
            continue
        begun.add(node.name)
        missing = [source for source in node.inputs if source in network.nodes and source not in known]
        if not begun.isdisjoint(missing):  # a cycle, which a file may hold
            return None
        waiting += missing
        if not missing:
            known[node.name] = _infer_node(node, known, [])
            begun.discard(node.name)
    return known.get(name)


def _infer_node(node: Node, shapes: Mapping[str, Shape | None], problems: list[Problem]) -> Shape | None:
    layer, count = node.layer, len(node.inputs)
    if not layer.ports.accepts(count):
        fix = "connect it" if count < layer.ports.minimum else "remove the others"
        problems.append(node.problem("ports", f"takes {layer.ports} and has {count or 'none'}", fix))
        return None
    inputs = [shape for source in node.inputs if (shape := shapes.get(source)) is not None]
    if len(inputs) < count:
        return None
    try:
        output = layer.infer_shape(inputs)
    except ShapeError as error:
        problems.append(node.problem("shape", error.what, error.fix))
        return None
    problems += [node.problem(kind, what, fix, "warning") for kind, what, fix in layer.warnings(inputs)]
    return output
