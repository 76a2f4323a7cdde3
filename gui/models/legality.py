"""What may be connected: which types can read a card's value, which may stand before a card, and why others cannot."""

from __future__ import annotations

from convscope.engine import blocks
from convscope.engine.graph import INPUT, Network
from convscope.engine.layers import TYPES
from convscope.engine.spec import Layer, NetworkError, Shape, ShapeError, format_shape

from .drawing import Drawing

_MOST_TOLD = 120


def refused_after(network: Network, source: str) -> dict[str, str]:
    """Types that, new, cannot read what this node gives, and why. None is refused while its shape is unknown."""
    shape = network.shape_of(source) if source != INPUT else network.input
    if shape is None:
        return {}
    reasons = {name: _unreadable(layer(), shape) for name, layer in TYPES.items()}
    reasons |= {name: _impossible(block(), shape) for name, block in blocks.TYPES.items()}
    return {name: f"{name} cannot read {format_shape(shape)}: {why}" for name, why in reasons.items() if why}


def refused_before(network: Network, target: str) -> dict[str, str]:
    """Types whose value the node could not read, whatever they read themselves."""
    reader = network[target]
    if reader.ports.maximum != 1:
        return {}
    wanted = [shape for shape in _TYPICAL if not _unreadable(reader, shape)]
    refused = {}
    for name, layer in TYPES.items():
        given = [shape for read in _TYPICAL if (shape := _gives(layer(), read)) is not None]
        if given and wanted and not any(_alike(a, b) for a in given for b in wanted):
            refused[name] = f"{target} cannot read what {name} gives: {format_shape(given[0])}"
    if wanted and all(len(shape) == 1 for shape in wanted):
        refused |= {name: f"{target} reads numbers, and {name} gives an image" for name in blocks.TYPES}
    return refused


def misfit(drawing: Drawing, source: str, target: str) -> str:
    """Why a connection that may be made would leave the target with a problem; "" if it would not, or nobody knows."""
    network, reader = drawing.network, drawing.members(target)[0]
    layer, inputs = network[reader], network.nodes[reader].inputs
    most = layer.ports.maximum
    kept = inputs if most is None else inputs[: most - 1]
    if target in drawing.folded:
        kept = ()
    shapes = [network.shapes().get(name) for name in (*kept, drawing.result(source))]
    known = tuple(shape for shape in shapes if shape is not None)
    if len(known) != len(shapes) or not layer.ports.accepts(len(known)):
        return ""
    try:
        layer.infer_shape(known)
    except ShapeError as error:
        return _short(f"Will not fit: {error.what}")
    return ""


_TYPICAL: tuple[Shape, ...] = ((64, 64, 8), (8,))  # an image and a list of numbers


def _alike(first: Shape, second: Shape) -> bool:
    return len(first) == len(second)


def _gives(layer: Layer, shape: Shape) -> Shape | None:
    try:
        return layer.infer_shape((shape,) * max(1, layer.ports.minimum))
    except ShapeError:
        return None


def _unreadable(layer: Layer, shape: Shape) -> str:
    """Why a layer cannot read a shape, whatever else it reads: of one that joins branches usual partners are tried."""
    others = (
        [()] if layer.ports.maximum == 1 else [(other,) * max(1, layer.ports.minimum - 1) for other in _beside(shape)]
    )
    why = ""
    for partners in others:
        try:
            layer.infer_shape((shape, *partners))
        except ShapeError as error:
            why = why or _short(error.what)
        else:
            return ""
    return why


def _beside(shape: Shape) -> list[Shape]:
    """Shapes that a layer may read beside this one."""
    larger = (2 * shape[0], 2 * shape[1], shape[2]) if len(shape) == 3 else (4,)
    return [shape, larger, (4,)]


def _impossible(block: blocks.Block, shape: Shape) -> str:
    if len(shape) != 3:
        return "it needs an image"
    network = Network(shape)
    try:
        network.add_block(block)
    except NetworkError as error:
        return _short(error.problems[0].what)
    errors = [problem for problem in network.errors() if problem.kind != "ends"]
    return _short(errors[0].what) if errors else ""


def _short(text: str) -> str:
    return text if len(text) <= _MOST_TOLD else f"{text[: _MOST_TOLD - 1]}…"
