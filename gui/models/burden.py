"""What each card takes of a measure, for bars and tints: the measures of the cost table that add up."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from convscope.engine.cost import Summary

from .document import Document

MEASURES: dict[str, str] = {
    "macs": "Multiply-adds",
    "params": "Parameters",
    "activation_bytes": "Activations",
    "moved_bytes": "Memory moved",
}
"""Keys of the cost table, and what the bars then are called."""


class Share(NamedTuple):
    """A card's part of the total, 0 … 1, and compared with the card that takes most."""

    part: float = 0.0
    heat: float = 0.0


NONE = Share()


class Burden(QObject):
    """The measure that is shown, and every card's share of it. `measured` tells of another measure."""

    measured = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._measure = next(iter(MEASURES))
        self._made_of: tuple[Summary, object, str] | None = None
        self._shares: dict[str, Share] = {}

    @property
    def measure(self) -> str:
        return self._measure

    @measure.setter
    def measure(self, measure: str) -> None:
        if measure != self._measure and measure in MEASURES:
            self._measure = measure
            self.measured.emit(measure)

    @property
    def title(self) -> str:
        """What the shares are of, as it stands in a sentence."""
        return MEASURES[self._measure].lower()

    @property
    def shares(self) -> dict[str, Share]:
        """Shares of the cards that have one, by name."""
        summary, drawing = self._document.summary, self._document.drawing
        made_of = (summary, drawing, self._measure)
        if self._made_of is None or any(a is not b for a, b in zip(made_of, self._made_of, strict=True)):
            values: dict[str, float] = {}
            for row in summary.rows:
                if value := getattr(row, self._measure):
                    name = drawing.card(row.name)
                    values[name] = values.get(name, 0) + value
            total, most = sum(values.values()), max(values.values(), default=0)
            self._shares = {name: Share(value / total, value / most) for name, value in values.items()}
            self._made_of = made_of
        return self._shares
