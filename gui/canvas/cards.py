"""What the card of each node says, as plain data, so that only cards that changed are painted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from convscope.engine import blocks
from convscope.engine.graph import INPUT, Group, Node
from convscope.engine.spec import Declared, Param, Problem, Shape, format_shape

from ..models.document import Document
from ..models.problems import sentence

_NO_PADDING = (0, 0, 0, 0)


@dataclass(frozen=True)
class Card:
    """Texts of one card, `spoken` all that matters as one phrase. `slots` counts input ports.

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
    stacked: bool = False
    spoken: str = ""

    @property
    def problem(self) -> str:
        return self.error or self.warning


class Deck:
    """The cards of a document: of the image, of all nodes and of the blocks that are folded.

    A card is made anew only if something that it tells has changed, so that an edit costs what it changed.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: dict[str, tuple[_Told, Card]] = {}
        self._input: Card | None = None

    def cards(self) -> dict[str, Card]:
        """All cards by name, the image's first."""
        network, drawing = self._document.network, self._document.drawing
        shapes, problems, folded = network.shapes(), _by_layer(network.problems()), drawing.folded
        made: dict[str, tuple[_Told, Card]] = {}
        for name, node in drawing.nodes.items():
            known = self._made.get(name)
            if known is not None and name not in folded and known[0].same(node, shapes.get(name), problems.get(name)):
                made[name] = known
                continue
            group = folded.get(name)
            own = _of(problems, drawing.members(name), name if group else "") if problems else ()
            nodes = tuple([network.nodes[member] for member in group.members]) if group else (node,)
            told = _Told(nodes, shapes.get(drawing.result(name)), drawing.ports(name), own, group)
            made[name] = known if known is not None and known[0] == told else (told, self._card(name, told))
        self._made = made
        return {INPUT: self._image(format_shape(network.input)), **{name: card for name, (_, card) in made.items()}}

    def _image(self, shape: str) -> Card:
        if self._input is None or self._input.output != shape:
            spoken = f"image, input, {shape}"
            self._input = Card(INPUT, "image", f"Input  {shape}", "input", shape, 0, 0, spoken=spoken)
        return self._input

    def _card(self, name: str, told: _Told) -> Card:
        (connected, most), group, layer = told.ports, told.group, told.nodes[0].layer
        output = "" if told.shape is None else format_shape(told.shape)
        declared = (blocks.declaration(group) or group.block) if group else layer
        return Card(
            name=name,
            title=name,
            detail=_of_block(self._document, group) if group else _described(layer),
            category="block" if group else layer.about.category,
            output=output,
            slots=connected + 1 if most is None else max(most, connected),
            connected=connected,
            error=_sentences(told.problems, name, "error"),
            warning=_sentences(told.problems, name, "warning"),
            stacked=group is not None,
            spoken=_spoken(name, declared, output, len(told.problems)),
        )


class _Told(NamedTuple):
    """All that a card tells of."""

    nodes: tuple[Node, ...]
    shape: Shape | None
    ports: tuple[int, int | None]
    problems: tuple[Problem, ...]
    group: Group | None

    def same(self, node: Node, shape: Shape | None, problems: Sequence[Problem] | None) -> bool:
        """Whether this was made of a layer by itself that is the very same and told the same of."""
        if self.nodes[0] is not node or self.group is not None or self.shape != shape:
            return False
        return self.problems == tuple(problems or ())


def _of(problems: Mapping[str, list[Problem]], members: Sequence[str], block: str) -> tuple[Problem, ...]:
    """Problems of a card's nodes, and of its block if it is one."""
    return tuple([problem for name in (*members, block) for problem in problems.get(name, ())])


def _of_block(document: Document, group: Group) -> str:
    """Type and key parameters of a block, or that its layers are others by now."""
    declared = blocks.declaration(group)
    if declared is None:
        return f"{group.block}  unknown"
    return _described(declared) if blocks.intact(document.network, group) else f"{group.block}  edited"


def _described(declared: Declared) -> str:
    return "  ".join(part for part in (declared.type_name(), detail(declared)) if part)


def _spoken(name: str, declared: Declared | str, output: str, problems: int) -> str:
    """A card in words: `conv1, Conv2D, 6 filters, 5×5, output 28×28×6, 2 problems`."""
    parts = [name, declared if isinstance(declared, str) else declared.type_name()]
    if not isinstance(declared, str):
        parts += _parts(declared, in_words=True)
    parts += [f"output {output}"] if output else ["output unknown"]
    if problems:
        parts.append(f"{problems} problem{'s' if problems > 1 else ''}")
    return ", ".join(parts)


def detail(layer: Declared) -> str:
    """Key parameters in short: the first one and the kernel always, others where they differ from the default."""
    return " · ".join(_parts(layer))


def _parts(layer: Declared, in_words: bool = False) -> list[str]:
    parts = []
    for position, (name, param) in enumerate(layer.params().items()):
        value = getattr(layer, name)
        always = param.kind in ("integer", "pair") and (position == 0 or name == "kernel")
        if always or (value != param.parse(param.default) and value != _NO_PADDING):
            text = _value(param, value, bare=always)
            parts.append(f"{text} {param.label.lower()}" if in_words and always and param.kind == "integer" else text)
    return parts


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


def _sentences(problems: Sequence[Problem], name: str, severity: str) -> str:
    """One sentence for each problem; those of layers in a block begin with the layer's name."""
    return "\n".join(sentence(problem, name) for problem in problems if problem.severity == severity)
