"""Shape inference over the whole network, collecting every problem on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..spec import NetworkError, Problem, Shape, ShapeError
from ..spec.param import LARGEST

if TYPE_CHECKING:
    from .network import Network, Node


@dataclass(frozen=True)
class Inference:
    """Shapes by node name (None where unknown) and all problems, errors first."""

    shapes: Mapping[str, Shape | None]
    problems: tuple[Problem, ...]


def check_input(shape: Sequence[int]) -> Shape:
    """A legal input shape as a tuple, or NetworkError."""
    given = tuple(shape)
    if len(given) != 3 or any(isinstance(d, bool) or not isinstance(d, int) or not 1 <= d <= LARGEST for d in given):
        what = f"the input is {given!r}"
        raise NetworkError([Problem("input", None, None, what, "use (height, width, channels), three whole numbers from 1 up")])
    return given


def ends_problem(ends: list[str]) -> Problem:
    if not ends:
        return Problem("ends", None, None, "the network has no layers", "add a first layer")
    named = ", ".join(ends[:6]) + (" …" if len(ends) > 6 else "")
    return Problem("ends", None, None, f"{len(ends)} layers lead nowhere: {named}", "join them with Add or Concat, or remove all but one")


def infer(network: Network) -> Inference:
    shapes: dict[str, Shape | None] = {"input": network.input}
    problems: list[Problem] = []
    ordered = network.order()
    for node in ordered:
        shapes[node.name] = _infer_node(node, shapes, problems)
    problems += [_cycle_problem(node) for name, node in network.nodes.items() if name not in shapes]
    for name in network.nodes:
        shapes.setdefault(name, None)
    ends = network.outputs()
    if len(ends) != 1 and len(ordered) == len(network.nodes):
        problems.append(ends_problem(ends))
    problems.sort(key=lambda p: p.severity != "error")
    return Inference(shapes, tuple(problems))


def _infer_node(node: Node, shapes: Mapping[str, Shape | None], problems: list[Problem]) -> Shape | None:
    kind, layer = node.layer.type_name(), node.layer
    if not layer.ports.accepts(len(node.inputs)):
        count = len(node.inputs)
        fix = "connect it" if count < layer.ports.minimum else "remove the others"
        problems.append(Problem("ports", node.name, kind, f"takes {layer.ports} and has {count or 'none'}", fix))
        return None
    inputs = [shapes.get(source) for source in node.inputs]
    known = [shape for shape in inputs if shape is not None]
    if len(known) < len(inputs):
        return None
    try:
        output = layer.infer_shape(known)
    except ShapeError as error:
        problems.append(Problem("shape", node.name, kind, error.what, error.fix))
        return None
    problems += [Problem(name, node.name, kind, what, fix, "warning") for name, what, fix in layer.warnings(known)]
    return output


def _cycle_problem(node: Node) -> Problem:
    return Problem("cycle", node.name, node.layer.type_name(), "is part of a cycle, or reads from one", "connect it to an earlier layer")
