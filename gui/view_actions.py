"""What the View menu does: zoom, rooms, panels and appearance."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from .actions import make_action, shortcuts
from .canvas.view import GraphView
from .docks import Docks
from .settings import settings
from .theme import theme

_STEP = 1.25
_IN, _OUT = "magnifying-glass-plus", "magnifying-glass-minus"
_APPEARANCE = "window/appearance"
_SCHEMES = {
    "system": ("Follow the &System", Qt.ColorScheme.Unknown),
    "light": ("&Light", Qt.ColorScheme.Light),
    "dark": ("&Dark", Qt.ColorScheme.Dark),
}


class ViewActions(QObject):
    """Zoom, rooms and appearance as actions."""

    def __init__(self, view: GraphView, docks: Docks) -> None:
        super().__init__(view)
        self._docks = docks
        self.fit = make_action(self, "&Fit", view.fit, "F", "corners-out", view)
        self.zoom_in = make_action(self, "Zoom &In", lambda: view.zoom_to(view.zoom * _STEP), "Ctrl++", _IN)
        self.zoom_in.setShortcuts(shortcuts("Ctrl++", "Ctrl+="))
        self.zoom_out = make_action(self, "Zoom &Out", lambda: view.zoom_to(view.zoom / _STEP), "Ctrl+-", _OUT)
        self.actual = make_action(self, "Zoom to &100 %", lambda: view.zoom_to(1.0), "Ctrl+0")
        self.reset = make_action(self, "&Reset Layout", docks.reset)
        rooms = QActionGroup(self)
        self.build = self._room(rooms, "Build", "build", "Ctrl+1", "tree-structure")
        self.train = self._room(rooms, "Train", "train", "Ctrl+2", "chart-line-up")
        self.look = self._room(rooms, "Look", "look", "Ctrl+3", "eye")
        self.learn = self._room(rooms, "Learn", "learn", "Ctrl+4", "graduation-cap")
        docks.room_changed.connect(self._show_room)
        self.appearance = QMenu("&Appearance")
        self._fill_appearance()

    def panels(self) -> list[QAction]:
        """Actions that show and hide each panel."""
        return [dock.toggleViewAction() for dock in self._docks.docks.values()]

    def _room(self, group: QActionGroup, text: str, room: str, keys: str, icon: str) -> QAction:
        action = make_action(self, text, lambda: self._docks.enter(room), keys, icon)
        action.setCheckable(True)
        action.setChecked(room == self._docks.room)
        group.addAction(action)
        return action

    def rooms(self) -> list[QAction]:
        """Actions that enter each room."""
        return [self.build, self.train, self.look, self.learn]

    def on_canvas(self) -> list[QAction]:
        """Actions that need the canvas."""
        return [self.fit, self.actual, self.zoom_in, self.zoom_out]

    def _show_room(self, room: str) -> None:
        getattr(self, room).setChecked(True)  # the rooms are named as the actions

    def _fill_appearance(self) -> None:
        group = QActionGroup(self)
        current = str(settings().value(_APPEARANCE, "system"))
        for name, (text, _) in _SCHEMES.items():
            action = make_action(self, text, partial(self._choose, name))
            action.setCheckable(True)
            action.setChecked(name == current)
            group.addAction(action)
            self.appearance.addAction(action)

    def _choose(self, name: str) -> None:
        settings().setValue(_APPEARANCE, name)
        theme.force(_SCHEMES[name][1])


def apply_appearance() -> None:
    """Show light or dark as it was chosen in an earlier start."""
    name = str(settings().value(_APPEARANCE, "system"))
    if name in _SCHEMES and name != "system":
        theme.force(_SCHEMES[name][1])
