"""One part of a network for images of several sizes."""

from __future__ import annotations

from ..spec import ConvscopeError
from .probe import Probe
from .question import Question


class Scales:
    """A model up to one node, made ready for an image size when that is first needed, and kept."""

    def __init__(self, question: Question, node: str) -> None:
        self.node = node
        self._model = question.model
        self._channels = question.model.network.input[2]
        self._probes: dict[tuple[int, int], Probe] = {}

    def at(self, height: int, width: int) -> Probe:
        """A probe for images of this size; ConvscopeError if the network cannot read them up to the node."""
        size = (height, width)
        if size not in self._probes:
            self._probes[size] = Probe(self._model, (*size, self._channels), self.node, cut=True)
        return self._probes[size]

    def fits(self, height: int, width: int) -> bool:
        """Whether the network can read images of this size up to the node."""
        try:
            self.at(height, width)
        except ConvscopeError:
            return False
        return True
