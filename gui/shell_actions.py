"""Commands of the program as a whole: search for commands, preferences, welcome, help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow
from shiboken6 import isValid

from . import help
from .actions import make_action
from .command_palette import CommandPalette
from .shortcuts import Shortcuts
from .welcome import Welcome
from .work.consider import Consider
from .work.device import ChosenDevice

if TYPE_CHECKING:
    from .preferences.dialog import Preferences
    from .reference.window import Reference


class ShellActions(QObject):
    """Emits `begun` with the way to begin that was chosen on the welcome page, `wanted` with a file chosen there."""

    begun = Signal(str)
    wanted = Signal(Path)

    def __init__(self, window: QMainWindow, topic: Callable[[], str], consider: Consider, device: ChosenDevice) -> None:
        """`topic` tells what help is wanted on: a layer type's name, a method's title, or ""."""
        super().__init__(window)
        self._window, self._topic, self._consider, self._device = window, topic, consider, device
        self._reference: Reference | None = None
        self._shortcuts: Shortcuts | None = None
        self.find = make_action(self, "&Find Command…", self.open_palette, "Ctrl+Shift+P", "magnifying-glass")
        self.preferences = make_action(self, "&Preferences…", self.open_preferences, "Ctrl+,", "gear")
        self.reference = make_action(self, "&Help", self.open_reference, "F1", "question")
        self.welcome = make_action(self, "&Welcome", self.open_welcome)
        self.keys = make_action(self, "&Keyboard and Mouse", lambda: help.show_shortcuts(window))
        self.about = make_action(self, "&About Convscope", lambda: help.show_about(window))

    def take_up_shortcuts(self) -> None:
        """Once the menus are filled: give their commands the user's own keys."""
        self._shortcuts = Shortcuts(self._window.menuBar())

    def open_palette(self) -> CommandPalette:
        palette = CommandPalette(self._window)
        palette.open()
        return palette

    def open_preferences(self) -> Preferences:
        from .preferences.dialog import Preferences  # noqa: PLC0415

        assert self._shortcuts is not None, "the menus are filled before anybody can choose from them"
        dialog = Preferences(self._shortcuts, self._consider, self._device, self._window)
        dialog.open()
        return dialog

    def open_reference(self) -> Reference:
        """Open the help, or bring it to the front, at what is being worked on."""
        if self._reference is None or not isValid(self._reference):
            from convscope.engine import explain  # loads NumPy  # noqa: PLC0415

            from .reference import pages  # noqa: PLC0415
            from .reference.window import Reference  # noqa: PLC0415

            self._reference = Reference([*pages.of_layers(), *pages.of_methods(explain.METHODS)], self._window)
        self._reference.open_page(self._topic())
        self._reference.show()
        self._reference.raise_()
        self._reference.activateWindow()
        return self._reference

    def open_welcome(self) -> Welcome:
        page = Welcome(self._window)
        page.begun.connect(self.begun)
        page.wanted.connect(self.wanted)
        page.open()
        return page
