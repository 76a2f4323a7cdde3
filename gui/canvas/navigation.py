"""Moving the selection along the wires with the arrow keys."""

from __future__ import annotations

from convscope.engine.graph import INPUT

from ..models.drawing import Drawing


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
