"""What the card of each node says, as plain data, so that only cards that changed are painted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convscope.engine import blocks
from convscope.engine.graph import INPUT, Group
from convscope.engine.spec import Declared, Param, Problem, format_shape

from ..models.document import Document
from ..models.problems import sentence

_NO_PADDING = (0, 0, 0, 0)


@dataclass(frozen=True)
class Card:
    """Texts and figures of one card. `slots` counts input ports; `share` is the part of all multiply-adds.

    `stacked` cards stand for several layers: for a block that is folded.
    """

    name: str
    title: str
    detail: str
    category: str
    output: str
    slots: int
    connected: int
    error: str = ""
    warning: str = ""
    share: float = 0.0
    stacked: bool = False

    @property
    def problem(self) -> str:
        return self.error or self.warning


def cards(document: Document) -> dict[str, Card]:
    """Cards of the input, of all nodes and of the blocks that are folded."""
    network, drawing = document.network, document.drawing
    shapes, macs = network.shapes(), {row.name: row.macs or 0 for row in document.summary.rows}
    total = max(1, document.summary.totals.macs)
    problems = _by_layer(network.problems())
    image = format_shape(network.input)
    result = {INPUT: Card(INPUT, "image", f"Input  {image}", "input", image, 0, 0)}
    for name, node in drawing.nodes.items():
        connected, most = drawing.ports(name)
        shape, group, members = shapes.get(drawing.result(name)), drawing.folded.get(name), drawing.members(name)
        own = [problem for member in (*members, *([name] if group else ())) for problem in problems.get(member, ())]
        result[name] = Card(
            name=name,
            title=name,
            detail=_of_block(document, group) if group else _described(node.layer),
            category="block" if group else node.layer.about.category,
            output="" if shape is None else format_shape(shape),
            slots=connected + 1 if most is None else max(most, connected),
            connected=connected,
            error=_sentences(own, name, "error"),
            warning=_sentences(own, name, "warning"),
            share=sum(macs.get(member, 0) for member in members) / total,
            stacked=group is not None,
        )
    return result


def _of_block(document: Document, group: Group) -> str:
    """Type and key parameters of a block, or that its layers are others by now."""
    declared = blocks.declaration(group)
    if declared is None:
        return f"{group.block}  unknown"
    return _described(declared) if blocks.intact(document.network, group) else f"{group.block}  edited"


def _described(declared: Declared) -> str:
    return "  ".join(part for part in (declared.type_name(), detail(declared)) if part)


def detail(layer: Declared) -> str:
    """Key parameters in short: the first one and the kernel always, others where they differ from the default."""
    parts = []
    for position, (name, param) in enumerate(layer.params().items()):
        value = getattr(layer, name)
        always = param.kind in ("integer", "pair") and (position == 0 or name == "kernel")
        if always or (value != param.parse(param.default) and value != _NO_PADDING):
            parts.append(_value(param, value, bare=always))
    return " · ".join(parts)


def format_value(value: Any) -> str:
    """Parameter values as people write them: 3×3, same, 0.01; equal padding on all sides is one number."""
    if isinstance(value, tuple):
        if len(value) == 4:
            return str(value[0]) if len(set(value)) == 1 else " ".join(map(str, value))
        return "×".join(map(str, value)) if len(set(value)) > 1 else f"{value[0]}×{value[0]}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(param: Param, value: Any, bare: bool) -> str:
    if param.kind == "flag":
        return param.label.lower() if value else f"no {param.label.lower()}"
    if param.kind == "padding":
        return value if isinstance(value, str) else f"pad {format_value(value)}"
    if param.kind == "pair" and not bare and value[0] == value[1]:
        return f"{param.label.lower()} {value[0]}"
    return format_value(value) if bare else f"{param.label.lower()} {format_value(value)}"


def _by_layer(problems: list[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.layer:
            found.setdefault(problem.layer, []).append(problem)
    return found


def _sentences(problems: list[Problem], name: str, severity: str) -> str:
    """One sentence for each problem; those of layers in a block begin with the layer's name."""
    return "\n".join(sentence(problem, name) for problem in problems if problem.severity == severity)
