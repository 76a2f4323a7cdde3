"""The user's own keys for the commands of the menus, remembered between starts."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenuBar

from .commands import Command, commands
from .settings import settings

_GROUP = "shortcuts"
_TEXT = QKeySequence.SequenceFormat.PortableText


class Shortcuts:
    """Knows the keys each command came with, and puts the user's in their place.

    Lists within menus (architectures, files) are choices, not commands with keys.
    """

    def __init__(self, bar: QMenuBar) -> None:
        self.commands = [command for command in commands(bar, opened=False) if len(command.menus) == 1]
        self._original = {command.key: command.action.shortcuts() for command in self.commands}
        stored = settings()
        for command in self.commands:
            text = stored.value(_place(command))
            if isinstance(text, str):
                _give(command, QKeySequence(text, _TEXT))

    def owner(self, keys: QKeySequence, other_than: Command) -> Command | None:
        """The other command that these keys run."""
        if keys.isEmpty():
            return None
        return next((c for c in self.commands if c.key != other_than.key and keys in c.action.shortcuts()), None)

    def change(self, command: Command, keys: QKeySequence) -> None:
        """Give a command these keys, or none, from now on."""
        _give(command, keys)
        settings().setValue(_place(command), keys.toString(_TEXT))

    def is_own(self, command: Command) -> bool:
        """Whether the user chose the command's keys."""
        return settings().contains(_place(command))

    def reset(self) -> None:
        """Give all commands the keys they came with."""
        settings().remove(_GROUP)
        for command in self.commands:
            command.action.setShortcuts(self._original[command.key])


def _place(command: Command) -> str:
    return f"{_GROUP}/{command.key.replace('/', '|')}"


def _give(command: Command, keys: QKeySequence) -> None:
    command.action.setShortcuts([keys] if not keys.isEmpty() else [])
