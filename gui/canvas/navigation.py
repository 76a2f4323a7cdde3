"""Where the arrow keys lead: along the wires, or to the card that stands there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from convscope.engine.graph import INPUT

from ..models.drawing import Drawing
from ..models.edits import refusal

Layout = Mapping[str, tuple[float, float]]


def neighbour(drawing: Drawing, name: str, direction: str) -> str:
    """The card above, below, or beside (another branch of the same parent or reader); "" if there is none."""
    if name not in drawing and name != INPUT:
        return INPUT
    parents = [] if name == INPUT else list(drawing.nodes[name].inputs)
    readers = drawing.consumers(name)
    if direction == "up":
        return parents[0] if parents else ""
    if direction == "down":
        return readers[0] if readers else ""
    beside = [other for parent in parents for other in drawing.consumers(parent)]
    beside += [other for reader in readers for other in drawing.nodes[reader].inputs]
    siblings = sorted({*beside, name}, key=lambda other: drawing.layout.get(other, (0.0, 0.0))[0])
    place = siblings.index(name) + (1 if direction == "right" else -1)
    return siblings[place] if 0 <= place < len(siblings) else ""


def nearest(layout: Layout, names: Sequence[str], name: str, direction: str) -> str:
    """The card that stands nearest in a direction, those straight ahead before those aside; "" if none does."""
    if name not in layout:
        return next(iter(names), "")
    x, y = layout[name]
    best, found = math.inf, ""
    for other in names:
        right, down = layout[other][0] - x, layout[other][1] - y
        ahead, aside = _TURNED[direction](right, down)
        if other != name and ahead > 0 and (far := ahead + 2 * abs(aside)) < best:
            best, found = far, other
    return found


def first_target(drawing: Drawing, source: str) -> str:
    """The card that most likely is to read another: one that lacks inputs, else the nearest below; "" if none may."""
    names = [name for name in drawing.nodes if name != source]
    lacking = [name for name in names if len(drawing.nodes[name].inputs) < drawing.nodes[name].layer.ports.minimum]
    legal = [name for name in lacking if not refusal(drawing, source, name)]
    below = nearest(drawing.layout, names, source, "down")
    return next(iter(legal), below or next(iter(names), ""))


_TURNED: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "up": lambda right, down: (-down, right),
    "down": lambda right, down: (down, right),
    "left": lambda right, down: (-right, down),
    "right": lambda right, down: (right, down),
}
