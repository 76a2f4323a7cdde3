"""Search-to-add: type a few letters, press Enter, and the layer stands on the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPoint, Signal
from PySide6.QtWidgets import QWidget

from ..layer_list import TYPE, LayerDelegate, LayerListModel, search
from ..widgets.finder import Finder

_WIDTH, _ROWS = 352, 6


class SearchPopup(Finder):
    """Emits `chosen` with a layer type's name and closes.

    Types that are `refused` are not offered; one that is sought by name is answered with the reason.
    """

    chosen = Signal(str)

    def __init__(self, title: str, parent: QWidget, refused: Mapping[str, str] | None = None) -> None:
        self._refused = refused or {}
        self._model = LayerListModel(without=self._refused)
        super().__init__("layers", self._model, LayerDelegate(summaries=True), _WIDTH, _ROWS, parent, title)
        self._search("")

    def show_at(self, place: QPoint) -> None:
        """Open at a point of the screen, moved so that all of it is seen."""
        screen = self.screen().availableGeometry()
        x = max(screen.left(), min(place.x(), screen.right() - _WIDTH))
        y = max(screen.top(), min(place.y(), screen.bottom() - self.sizeHint().height()))
        self.move(x, y)
        self.begin()

    def fill(self, query: str) -> tuple[QModelIndex, str]:
        self._model.set_query(query)
        sought = next(iter(search(query)), "")
        reason = f"{self._refused[sought]}." if sought in self._refused else "No layer fits. Try another word."
        return self._model.first(), reason

    def choose(self, index: QModelIndex) -> None:
        name = index.data(TYPE)
        self.close()
        self.chosen.emit(name)
