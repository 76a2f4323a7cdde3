"""What the canvas shows besides the network, its history, and the network as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu, QUndoView, QVBoxLayout

from .accessible import named
from .actions import make_action
from .canvas import minimap, picture
from .canvas.view import GraphView
from .models.burden import MEASURES

_PICTURES = "PNG image (*.png);;SVG drawing (*.svg)"


class CanvasActions(QObject):
    """Bars and tints, the minimap, the list of edits, pictures. `message` has a text and whether it is an error."""

    message = Signal(str, bool)

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self._view = view
        self._history: QDialog | None = None
        graph = view.graph
        self.history = make_action(self, "&History", self.open_history, "Ctrl+H", "clock-counter-clockwise")
        self.copy_picture = make_action(self, "&Copy Picture", self._copy_picture, "Ctrl+Shift+C")
        self.save_picture = make_action(self, "Save Pict&ure…", self._ask_for_picture, "Ctrl+Shift+E", "image")
        self.tint = self._switch("&Tint Cards by Cost", graph.tinted, self._tint)
        self.measure = self._choice("Cost &Bars Show", MEASURES, graph.burden.measure, self._measure)
        self.map = self._choice("&Minimap", minimap.TINTS, view.minimap.tint, self._colour_map)
        self.show_map = self._switch("&Show", True, self._show_map)
        self.map.insertSeparator(self.map.actions()[0])
        self.map.insertAction(self.map.actions()[0], self.show_map)

    def on_view(self) -> list[QAction | QMenu]:
        """What the View menu holds."""
        return [self.measure, self.tint, self.map]

    def open_history(self) -> QDialog:
        """Show the list of edits; a click on one goes back, or forward, to it."""
        if self._history is None:
            self._history = QDialog(self._view.window(), Qt.WindowType.Tool)
            self._history.setWindowTitle("History")
            edits = named(QUndoView(self._view.document.undo_stack), "Edits, the latest last")
            edits.setEmptyLabel("As it was opened")
            layout = QVBoxLayout(self._history)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(edits)
            self._history.resize(264, 360)
        self._history.show()
        self._history.raise_()
        return self._history

    def accompany(self, canvas: bool) -> None:
        """Close the list of edits where the canvas is not."""
        if not canvas and self._history is not None:
            self._history.close()

    def save(self, path: str) -> None:
        """Write the picture and say how it went."""
        fault = picture.save(self._view.graph, path)
        self.message.emit(fault or f"Saved {path}.", bool(fault))

    # ---- inside

    def _switch(self, text: str, on: bool, slot: Callable[[bool], None]) -> QAction:
        action = QAction(text, self)
        action.setCheckable(True)
        action.setChecked(on)
        action.toggled.connect(slot)
        return action

    def _choice(self, title: str, texts: Mapping[str, str], current: str, slot: Callable[[str], None]) -> QMenu:
        menu = QMenu(title, self._view)
        group = QActionGroup(self)
        for key, text in texts.items():
            action = menu.addAction(text, partial(slot, key))
            action.setCheckable(True)
            action.setChecked(key == current)
            group.addAction(action)
        return menu

    def _measure(self, measure: str) -> None:
        self._view.graph.burden.measure = measure

    def _tint(self, on: bool) -> None:
        self._view.graph.tinted = on

    def _colour_map(self, tint: str) -> None:
        self._view.minimap.tint = tint

    def _show_map(self, on: bool) -> None:
        self._view.minimap.wanted = on
        self._view.minimap.place()

    def _copy_picture(self) -> None:
        QGuiApplication.clipboard().setImage(picture.image(self._view.graph))
        self.message.emit("The network is on the clipboard as a picture.", False)

    def _ask_for_picture(self) -> None:
        stem = self._view.document.network.name
        path, kind = QFileDialog.getSaveFileName(self._view, "Save picture", f"{stem}.png", _PICTURES)
        if path:
            suffix = ".svg" if "svg" in kind else ".png"
            self.save(path if Path(path).suffix else path + suffix)
