"""What the View menu does: zoom, rooms, panels and appearance."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from .actions import make_action, shortcuts
from .appearance import APPEARANCES, appearance, choose_appearance
from .canvas.view import GraphView
from .docks import Docks

_STEP = 1.25
_IN, _OUT = "magnifying-glass-plus", "magnifying-glass-minus"


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
        for name, (text, _) in APPEARANCES.items():
            action = make_action(self, text, partial(choose_appearance, name))
            action.setCheckable(True)
            action.setData(name)
            group.addAction(action)
            self.appearance.addAction(action)
        self.appearance.aboutToShow.connect(self._show_appearance)
        self._show_appearance()

    def _show_appearance(self) -> None:
        for action in self.appearance.actions():
            action.setChecked(action.data() == appearance())
